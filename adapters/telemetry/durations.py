"""Histograms of how long things take."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

import attrs
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import INF, floatToGoString


@attrs.define(eq=False)
class Tally:
    """How many took how long. prometheus-client's own has three locks for each; this is told by one
    thread alone, at a fifth of the price."""

    _bounds: Sequence[float]
    """Of the buckets, rising."""
    _counts: list[int] = attrs.field(init=False)
    sum: float = attrs.field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._counts = [0] * (len(self._bounds) + 1)

    def took(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus has them: each with all that are below it."""
        bounds = (*self._bounds, INF)
        return [
            (floatToGoString(bound), count)  # type: ignore[no-untyped-call]  # the library leaves it so
            for bound, count in zip(bounds, accumulate(self._counts), strict=True)
        ]


@attrs.frozen(eq=False)
class Durations(Collector):
    name: str
    description: str
    bounds: Sequence[float]
    labels: Sequence[str] = ()
    _tallies: dict[tuple[str, ...], Tally] = attrs.field(factory=dict, init=False)

    def of(self, *labels: str) -> Tally:
        tally = self._tallies.get(labels)
        if tally is None:
            tally = self._tallies[labels] = Tally(self.bounds)
        return tally

    def collect(self) -> Iterable[Metric]:
        family = HistogramMetricFamily(self.name, self.description, labels=self.labels)
        # At once, for whoever asks does it from another thread.
        for labels, tally in list(self._tallies.items()):
            family.add_metric(labels, tally.buckets(), tally.sum)
        return [family]
