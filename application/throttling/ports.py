"""What throttling needs from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from domain.throttling import Count, RateLimit


@attrs.frozen
class Bucket:
    """What is counted under one limit: an account, an address, everything."""

    limit: RateLimit
    key: str


@attrs.frozen
class Refusal:
    """The bucket that was full, and how full."""

    bucket: Bucket
    count: Count


class ThrottleCounters(Protocol):
    """Counts that all processes share, and that outlive the refusal they lead to."""

    async def take(self, buckets: Sequence[Bucket], *, at: datetime) -> Refusal | None:
        """Count one in every bucket, or in none where one is full. Of any number of racing callers
        no more are let through than the limit says."""
        ...

    async def give_back(self, buckets: Sequence[Bucket], *, at: datetime) -> None:
        """Take one off again, of what turned out not to count."""
        ...

    async def add(self, times: Mapping[Bucket, int], *, at: datetime) -> Mapping[str, Count]:
        """Count what has happened already, however much it is; answer by key what there is now."""
        ...

    async def sweep(self, *, at: datetime) -> int:
        """Forget what no longer matters; answer how much it was."""
        ...
