"""Requests that take too long, cut off."""

import asyncio
from typing import TypeAlias

import attrs

Task: TypeAlias = "asyncio.Task[object]"

_LOOK_EVERY = 0.25
"""Seconds; how much later than its deadline a request may be cut."""


@attrs.define
class Deadlines:
    """One look at all requests, four times a second. A timer for each would cost more than all
    else that is done around it."""

    _due: dict[Task, float] = attrs.field(factory=dict, init=False)
    _cut: set[Task] = attrs.field(factory=set, init=False)
    _is_looking: bool = attrs.field(default=False, init=False)

    def set(self, task: Task, seconds: float) -> None:
        """Cancel the task that many seconds from now, unless told otherwise by then."""
        loop = task.get_loop()
        self._due[task] = loop.time() + seconds
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(_LOOK_EVERY, self._look, loop)

    def clear(self, task: Task) -> None:
        self._due.pop(task, None)
        self._cut.discard(task)

    def has_cut(self, task: Task) -> bool:
        """Whether a cancellation of this task came from here."""
        return task in self._cut

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            self._cut.add(task)
            task.cancel()
        self._is_looking = bool(self._due)
        if self._is_looking:
            loop.call_later(_LOOK_EVERY, self._look, loop)
