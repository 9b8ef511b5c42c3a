"""UUIDs that sort by the time they were made."""

import os
import time
from collections.abc import Callable
from threading import Lock
from uuid import UUID

import attrs

_TICKS_PER_MILLISECOND = 4096
_NANOSECONDS_PER_MILLISECOND = 1_000_000
_VERSION = 7 << 76
_VARIANT = 0b10 << 62
_62_BITS = (1 << 62) - 1


@attrs.define(eq=False, repr=False)
class Uuid7Factory:
    """UUIDv7 (RFC 9562 §5.7), strictly rising within the process, from any thread.

    The twelve bits behind the milliseconds count 4096ths of one (§6.2, method 3). Where the clock
    stands still or steps back, the tick counts on from the last one, so at worst ids run ahead of
    the clock. The other 62 bits are random, also between processes that share a moment.
    """

    _nanoseconds: Callable[[], int] = time.time_ns
    _random_bytes: Callable[[int], bytes] = os.urandom
    _lock: Lock = attrs.field(factory=Lock, init=False)
    _last_tick: int = attrs.field(default=0, init=False)

    def __call__(self) -> UUID:
        random_bits = int.from_bytes(self._random_bytes(8), "big") & _62_BITS
        with self._lock:
            tick = self._nanoseconds() * _TICKS_PER_MILLISECOND // _NANOSECONDS_PER_MILLISECOND
            if tick <= self._last_tick:
                tick = self._last_tick + 1
            self._last_tick = tick
        milliseconds, fraction = divmod(tick, _TICKS_PER_MILLISECOND)
        return UUID(int=milliseconds << 80 | _VERSION | fraction << 64 | _VARIANT | random_bits)
