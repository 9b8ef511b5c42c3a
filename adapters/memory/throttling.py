"""Counts in memory: of one process."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from application.throttling.ports import Bucket, Refusal
from domain.throttling import Count


@attrs.frozen
class MemoryThrottleCounters:
    _counts: dict[str, tuple[Bucket, Count]] = attrs.field(factory=dict, init=False)

    async def take(self, buckets: Sequence[Bucket], *, at: datetime) -> Refusal | None:
        counted = [(bucket, self._count(bucket, at).plus(1)) for bucket in buckets]
        for bucket, count in counted:
            if count.exceeds(bucket.limit, at):
                return Refusal(bucket, count.plus(-1))
        self._counts.update((bucket.key, (bucket, count)) for bucket, count in counted)
        return None

    async def give_back(self, buckets: Sequence[Bucket], *, at: datetime) -> None:
        for bucket in buckets:
            count = self._count(bucket, at)
            if count.current > 0:
                self._counts[bucket.key] = (bucket, count.plus(-1))

    async def add(self, times: Mapping[Bucket, int], *, at: datetime) -> Mapping[str, Count]:
        counted = {bucket: self._count(bucket, at).plus(some) for bucket, some in times.items()}
        self._counts.update((bucket.key, (bucket, count)) for bucket, count in counted.items())
        return {bucket.key: count for bucket, count in counted.items()}

    async def sweep(self, *, at: datetime) -> int:
        over = [
            key
            for key, (bucket, count) in self._counts.items()
            if count.window + 2 * bucket.limit.window <= at
        ]
        for key in over:
            del self._counts[key]
        return len(over)

    def _count(self, bucket: Bucket, at: datetime) -> Count:
        _, count = self._counts.get(bucket.key, (bucket, Count(bucket.limit.window_at(at))))
        return count.at(bucket.limit, at)
