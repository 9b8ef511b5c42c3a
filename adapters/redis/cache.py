"""What was read lately, shared by all processes."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Generic, TypeVar

import attrs
from redis.commands.core import AsyncScript

from adapters.memory.cache import InProcessCache, Kept
from adapters.redis.server import RedisAway, RedisServer
from application.clock import NewId
from domain.service_name import NAME

# Seconds. Somebody else loads what is wanted here; whoever has waited so long does it themselves.
_PATIENCE = 0.1
_LOOK_AGAIN_AFTER = 0.005
# Two clocks do not run alike.
_MARGIN = 1.1

# A key holds a value, or else the claim of the one who loads it. Its life begins with the claim,
# so that a value is never older than that, whenever it arrives.
_VALUE = b"="
_CLAIM = b"?"
_FIND_OR_CLAIM = """
local found = redis.call('GET', KEYS[1])
if found then return {found, redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
"""
_KEEP = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
end
"""
_GIVE_UP = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_DROP = """
for _, key in ipairs(KEYS) do redis.call('DEL', key) end
"""

Value = TypeVar("Value")


@attrs.define(eq=False, kw_only=True)
class RedisCache(InProcessCache[Value], Generic[Value]):
    """A `Cache` in front of which stands that of the process. What is asked for here for the first
    time is not looked for in Redis: that takes longer than reading it from the database does, and
    of most things it is the only time."""

    server: RedisServer
    encode: Callable[[Value], bytes]
    decode: Callable[[bytes], Value]
    new_id: NewId
    _find_or_claim: AsyncScript = attrs.field(init=False)
    _keep: AsyncScript = attrs.field(init=False)
    _give_up: AsyncScript = attrs.field(init=False)
    _drop: AsyncScript = attrs.field(init=False)
    _left_behind: OrderedDict[str, float] = attrs.field(factory=OrderedDict, init=False)
    """What may still be in Redis although it was dropped, and until when."""

    def __attrs_post_init__(self) -> None:
        self._find_or_claim = self.server.script(_FIND_OR_CLAIM)
        self._keep = self.server.script(_KEEP)
        self._give_up = self.server.script(_GIVE_UP)
        self._drop = self.server.script(_DROP)

    async def drop(self, keys: Collection[str]) -> None:
        try:
            if keys:
                await self.server.run(self._drop, [*map(_name, keys)])
        except RedisAway:
            self._leave_behind(keys)
        except BaseException:
            self._leave_behind(keys)
            raise
        finally:
            # Last: until Redis had dropped it, it could be got from there anew.
            self.forget(keys)

    async def _fetch(
        self, key: str, load: Callable[[], Awaitable[Value]], *, is_asked_for_again: bool
    ) -> Kept[Value]:
        if is_asked_for_again and self.now() >= self._left_behind.get(key, 0.0):
            with suppress(RedisAway):
                return await self._fetch_shared(key, load)
        return await super()._fetch(key, load, is_asked_for_again=is_asked_for_again)

    async def _fetch_shared(self, key: str, load: Callable[[], Awaitable[Value]]) -> Kept[Value]:
        """Raise `RedisAway` where nothing was loaded because of it."""
        claim = _CLAIM + str(self.new_id()).encode()
        until = self.now() + self.lifetime
        found = await self._find(key, claim)
        if found is not None:
            return found
        try:
            value = await load()
        except Exception:
            with suppress(RedisAway):
                await self.server.run(self._give_up, [_name(key)], [claim])
            raise
        with suppress(RedisAway):
            await self.server.run(self._keep, [_name(key)], [claim, _VALUE + self.encode(value)])
        return Kept(value, until)

    async def _find(self, key: str, claim: bytes) -> Kept[Value] | None:
        """None where it is to be loaded here: it is claimed, or was waited for in vain."""
        lifetime = round(self.lifetime * 1000)
        last_look_at = self.now() + _PATIENCE
        while True:
            asked_at = self.now()
            match await self.server.run(self._find_or_claim, [_name(key)], [claim, lifetime]):
                case [bytes(found), int(left)] if found.startswith(_VALUE):
                    value = self.decode(found.removeprefix(_VALUE))
                    return Kept(value, asked_at + left / 1000)
                case None:
                    return None
            if asked_at >= last_look_at:
                return None
            await asyncio.sleep(_LOOK_AGAIN_AFTER)

    def _leave_behind(self, keys: Collection[str]) -> None:
        now = self.now()
        for key in keys:
            self._left_behind.pop(key, None)
            self._left_behind[key] = now + _MARGIN * self.lifetime
        # They stand in the order in which they were left.
        while self._left_behind and next(iter(self._left_behind.values())) <= now:
            del self._left_behind[next(iter(self._left_behind))]


def _name(key: str) -> str:
    return f"{NAME}:cache:{key}"
