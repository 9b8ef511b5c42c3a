"""Workers that are told of jobs, where nobody but a test is."""

from collections.abc import Sequence

import attrs

from domain.errors import Unavailable
from domain.jobs import JobId


@attrs.define(eq=False)
class MemoryJobDispatcher:
    unheard: dict[str, list[JobId]] = attrs.field(factory=dict)
    """By queue."""
    is_away: bool = False

    async def depth(self, queue: str) -> int:
        self._must_be_there()
        return len(self.unheard.get(queue, []))

    async def send(self, queue: str, jobs: Sequence[JobId]) -> None:
        self._must_be_there()
        self.unheard.setdefault(queue, []).extend(jobs)

    def take(self, queue: str) -> list[JobId]:
        """As the workers do."""
        return self.unheard.pop(queue, [])

    def _must_be_there(self) -> None:
        if self.is_away:
            raise Unavailable("The broker does not answer.")
