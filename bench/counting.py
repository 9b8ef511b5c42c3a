"""What it costs to count what is done, for Prometheus: a server that does and one that does not, in
turns."""

from collections.abc import Sequence
from statistics import median

import attrs

from bench.load import Load, Run, drive
from bench.servers import Server


@attrs.frozen
class Counting:
    plain: Sequence[Run]
    counted: Sequence[Run]

    @classmethod
    def measure(
        cls, load: Load, plain: Server, counted: Server, *, times: int, seconds: int
    ) -> "Counting":
        runs: dict[str, list[Run]] = {plain.name: [], counted.name: []}
        drive(load, counted, 1)
        for number in range(times):
            for server in (plain, counted) if number % 2 else (counted, plain):
                runs[server.name].append(drive(load, server, seconds))
        return cls(runs[plain.name], runs[counted.name])


def figures(counting: Counting) -> dict[str, float | None]:
    """Medians over what ran side by side; percentages of what it is without."""
    pairs = list(zip(counting.plain, counting.counted, strict=True))
    by_cpu = [
        (counted.cpu / plain.cpu - 1) * 100
        for plain, counted in pairs
        if plain.cpu is not None and counted.cpu is not None
    ]
    return {
        "cpu_more_percent": median(by_cpu) if by_cpu else None,
        "requests_more_percent": median(
            (counted.rate / plain.rate - 1) * 100 for plain, counted in pairs
        ),
    }
