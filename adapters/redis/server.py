"""A Redis that may be away: found out by one who asks, and then left alone for a while."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import attrs
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from application.outage import Outage
from domain.service_name import NAME

CONNECTIONS = 32
LEFT_ALONE = 1.0
"""Seconds."""

_log = logging.getLogger(__name__)


class RedisAway(Exception):
    """It does not answer in time, or does not do what it is asked for."""


@attrs.define(eq=False)
class RedisServer:
    client: Redis = attrs.field(repr=False)
    timeout: float
    """Seconds."""
    now: Callable[[], float] = time.monotonic
    _outage: Outage = attrs.field(init=False)
    _left_alone_until: float = attrs.field(default=0.0, init=False)

    @_outage.default
    def _none_yet(self) -> Outage:
        return Outage(_log, "nothing is shared by Redis")

    def script(self, text: str) -> AsyncScript:
        return self.client.register_script(text)

    async def run(
        self, script: AsyncScript, keys: Sequence[str], values: Sequence[bytes | int] = ()
    ) -> object:
        """Raise `RedisAway`, at once where it was so a moment ago."""
        now = self.now()
        if now < self._left_alone_until:
            raise RedisAway
        if self._outage.lasts:
            # The others need not wait for what this one is about to find out.
            self._left_alone_until = now + self.timeout
        try:
            async with asyncio.timeout(self.timeout):
                answer: object = await script(keys=keys, args=values)
        except (RedisError, OSError, TimeoutError) as error:
            self._left_alone_until = self.now() + LEFT_ALONE
            self._outage.is_met(type(error).__name__)
            raise RedisAway from error
        self._outage.is_over()
        return answer

    async def check(self) -> str:
        """`ok`, or what is wrong; no secrets."""
        try:
            async with asyncio.timeout(self.timeout):
                await self.client.ping()
        except (RedisError, OSError, TimeoutError) as error:
            return f"Redis does not answer: {type(error).__name__}"
        return "ok"


@asynccontextmanager
async def redis_at(url: str, patience: float) -> AsyncIterator[RedisServer]:
    """Seconds of patience with each answer. It is not waited for."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=None,
        # What does not answer is told apart by whoever asks, who has less time than for two tries.
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=None,
        client_name=NAME,
    )
    client = Redis.from_pool(pool)
    try:
        yield RedisServer(client, patience)
    finally:
        await client.aclose()
