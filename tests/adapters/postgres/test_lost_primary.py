"""A primary that is lost is told of each time, and once."""

import asyncio
from contextlib import suppress

import asyncpg
import attrs
import pytest

from adapters.postgres import replication
from adapters.postgres.replication import Replication
from tests.adapters.postgres.watching import until


@attrs.define
class Fleeting:
    """A connection that is lost at the second question."""

    _has_answered: bool = False

    async def fetch(self, _query: str, **_: float) -> list[dict[str, object]]:
        return [{"system_identifier": 1, "timeline": 1, "database": "tessera"}]

    async def fetchval(self, _query: str, **_: float) -> int:
        if self._has_answered:
            raise ConnectionResetError
        self._has_answered = True
        return 1

    def terminate(self) -> None:
        """It is gone already."""


async def test_is_told_of_each_time_and_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Found, refused a few times, found, and so on.
    refusals = 3
    asked = 0

    async def connect(_url: str, **_: object) -> Fleeting:
        nonlocal asked
        asked += 1
        if asked % (refusals + 1):
            raise ConnectionResetError
        return Fleeting()

    monkeypatch.setattr(asyncpg, "connect", connect)
    monkeypatch.setattr(replication, "_RETRY_AFTER", 0.0)
    watched = Replication("postgresql://primary", [], longest_lag=0.001, connect_timeout=1)

    async def has_found_it(times: int) -> bool:
        return asked >= times * (refusals + 1)

    watching = asyncio.create_task(watched.watch_primary())
    await until(lambda: has_found_it(3))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching

    lost = "no replica is read: the primary can't be watched: ConnectionResetError"
    # Before it was found at all, and after each of the first two times, as far as is sure.
    assert 3 <= caplog.messages.count(lost) <= asked // (refusals + 1) + 1
