"""What is made of runs: medians, ratios, and bars met or missed."""

from collections.abc import Sequence
from statistics import median

import attrs

from bench.load import Run


@attrs.frozen
class Bar:
    name: str
    measured: float
    limit: float
    is_least: bool = False
    """Whether the limit is the least allowed, and not the most."""

    @property
    def is_met(self) -> bool:
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit

    def line(self) -> str:
        sign = "≥" if self.is_least else "≤"
        verdict = "[green]met[/]" if self.is_met else "[bold red]missed[/]"
        return f"{self.name}: {self.measured:.2f}, bar {sign} {self.limit:g}, {verdict}"


@attrs.frozen
class Figures:
    """Medians over the rounds."""

    rate: float
    p50: float
    p99: float
    tail: float
    cpu: float | None
    busy: float | None

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Figures":
        cpu = [run.cpu for run in runs if run.cpu is not None]
        busy = [run.busy for run in runs if run.busy is not None]
        return cls(
            rate=median(run.rate for run in runs),
            p50=median(run.p50 for run in runs),
            p99=median(run.p99 for run in runs),
            tail=median(run.p99 / run.p50 for run in runs),
            cpu=median(cpu) if cpu else None,
            busy=median(busy) if busy else None,
        )


@attrs.frozen
class Comparison:
    """Tessera beside the floor on one route, run in turns."""

    service: Sequence[Run]
    floor: Sequence[Run]

    @property
    def ratio(self) -> float:
        """What is judged: requests per second, of what ran side by side, so that a slow moment of
        the machine counts for both."""
        pairs = zip(self.service, self.floor, strict=True)
        return median(ours.rate / theirs.rate for ours, theirs in pairs)

    @property
    def ratio_by_cpu(self) -> float | None:
        """The stricter look, shown beside it: of the requests that a second of processor time
        answers, which a load that is no match for the floor does not flatter."""
        ours, theirs = Figures.of(self.service).cpu, Figures.of(self.floor).cpu
        return None if ours is None or theirs is None else theirs / ours
