"""Time, ids and chance come through ports, so that tests are exact."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, in UTC, with its time zone."""
        ...


class NewId(Protocol):
    def __call__(self) -> UUID:
        """A new UUIDv7 (RFC 9562 §5.7), later than every one this process made before."""
        ...


class RandomBytes(Protocol):
    def __call__(self, length: int) -> bytes:
        """So many bytes that nobody can guess."""
        ...
