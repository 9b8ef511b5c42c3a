"""Imports and exports: how much of the service they may take."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from domain.errors import Unavailable

_AGAIN_AFTER = 5


@attrs.frozen(kw_only=True)
class TransferLimits:
    at_once: int
    """In one process; each holds a connection to the database while it reads or writes there."""
    max_bytes: int
    """Of an import."""
    seconds: float
    """For all of one."""
    silence: float
    """Seconds in which the other side must send, or take, the next piece."""


@attrs.define(eq=False)
class Transfers:
    limits: TransferLimits
    _running: int = attrs.field(default=0, init=False)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Raise `Unavailable` where there are enough."""
        if self._running >= self.limits.at_once:
            raise Unavailable("Too many imports and exports are running.", retry_after=_AGAIN_AFTER)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
