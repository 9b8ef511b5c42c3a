"""One of each thing that a request may be about, and a request that succeeds."""

from collections.abc import Mapping

import attrs

from tests.http.callers import Caller
from tests.http.client import Answer, Client
from tests.http.contract import Operation

UNKNOWN = "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"


@attrs.frozen(kw_only=True)
class Scene:
    """Whose owner has what is in it, and nobody else has."""

    client: Client
    owner: Caller
    known: dict[str, str] = attrs.field(factory=dict)
    """What features have put there, by its name: an id, a token."""


@attrs.frozen
class Good:
    """A request that succeeds for whoever may make it."""

    path: str
    json: object = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    """A body that is neither of these."""
    content_type: str | None = None

    async def by(
        self, caller: Client, operation: Operation, headers: Mapping[str, str] | None = None
    ) -> Answer:
        if self.content_type is not None:
            headers = {"Content-Type": self.content_type, **(headers or {})}
        return await caller.request(
            operation.method,
            self.path,
            json=self.json,
            form=self.form,
            content=self.content,
            headers=headers,
        )
