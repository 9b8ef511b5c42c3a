"""What was read lately, in this process."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from typing import Generic, NamedTuple, TypeVar

import attrs

MOST = 10_000
# Lifetimes after which nobody has asked again. More than one: what is kept is not asked for here
# before its end.
_SOON = 1.5

Value = TypeVar("Value")


class Kept(NamedTuple, Generic[Value]):
    value: Value
    until: float


@attrs.define(eq=False)
class InProcessCache(Generic[Value]):
    """A `Cache` of one process. Whoever gets a value from it leaves it as it is."""

    lifetime: float
    """Seconds."""
    most: int = MOST
    now: Callable[[], float] = time.monotonic
    hits: int = attrs.field(default=0, init=False)
    """How often it was here, or on its way."""
    misses: int = attrs.field(default=0, init=False)
    _kept: dict[str, Kept[Value]] = attrs.field(factory=dict, init=False)
    _loading: dict[str, asyncio.Future[Value]] = attrs.field(factory=dict, init=False)
    _loaded: OrderedDict[str, float] = attrs.field(factory=OrderedDict, init=False)
    """What was not here when it was asked for, and when that was; the longest ago comes first."""

    async def get(self, key: str, load: Callable[[], Awaitable[Value]]) -> Value:
        while True:
            kept = self._kept.get(key)
            if kept is not None and self.now() < kept.until:
                self.hits += 1
                return kept.value
            loading = self._loading.get(key)
            if loading is None:
                self.misses += 1
                return await self._load(key, load)
            await asyncio.wait([loading])
            # Else whoever loaded it has gone away, and one of those who waited goes on.
            if not loading.cancelled():
                self.hits += 1
                return loading.result()

    async def drop(self, keys: Collection[str]) -> None:
        self.forget(keys)

    def forget(self, keys: Collection[str]) -> None:
        for key in keys:
            # Whoever loads it may have read what was before, and must not be joined any more.
            self._loading.pop(key, None)
            self._kept.pop(key, None)

    async def _fetch(
        self, key: str, load: Callable[[], Awaitable[Value]], *, is_asked_for_again: bool
    ) -> Kept[Value]:
        del key, is_asked_for_again
        until = self.now() + self.lifetime
        return Kept(await load(), until)

    async def _load(self, key: str, load: Callable[[], Awaitable[Value]]) -> Value:
        is_asked_for_again = self._note(key)
        loading = self._loading[key] = asyncio.get_running_loop().create_future()
        try:
            kept = await self._fetch(key, load, is_asked_for_again=is_asked_for_again)
        except BaseException as error:
            self._is_over(key, loading)
            if isinstance(error, Exception):
                self._loaded.pop(key, None)
                loading.set_exception(error)
                # There may be nobody else whom to tell.
                loading.exception()
            else:
                loading.cancel()
            raise
        # Of most things it was the only time, and keeping them would cost more than it saves.
        if self._is_over(key, loading) and is_asked_for_again and key in self._loaded:
            self._kept[key] = kept
        loading.set_result(kept.value)
        return kept.value

    def _is_over(self, key: str, loading: asyncio.Future[Value]) -> bool:
        """Whether it was not dropped meanwhile."""
        if self._loading.get(key) is not loading:
            return False
        del self._loading[key]
        return True

    def _note(self, key: str) -> bool:
        """Whether it was asked for not long ago."""
        now = self.now()
        long_ago = now - _SOON * self.lifetime
        last = self._loaded.pop(key, -math.inf)
        self._loaded[key] = now
        oldest = next(iter(self._loaded))
        while len(self._loaded) > self.most or self._loaded[oldest] < long_ago:
            del self._loaded[oldest]
            self._kept.pop(oldest, None)
            oldest = next(iter(self._loaded))
        return last >= long_ago
