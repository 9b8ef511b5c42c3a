"""What was measured, as a table, as bars met or missed, and as a file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TypeAlias

import attrs
from rich.console import Console
from rich.table import Table

from bench import counting, hashing, jobs, transfers
from bench.counting import Counting
from bench.hashing import CROWD, Hashing
from bench.jobs import Jobs
from bench.load import Run
from bench.transfers import Transfers

RESULTS = Path(__file__).with_name("results") / "latest.json"
TAIL = 5.0
"""How many times the median the 99th percentile may be."""
RATIOS = {"item": 0.55, "page": 0.50, "create": 0.45, "health": 0.22}
"""The least of the floor's requests per second."""

Json: TypeAlias = Mapping[str, object]


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


@attrs.frozen(kw_only=True)
class Report:
    routes: Mapping[str, Comparison]
    crowds: Mapping[int, Sequence[Run]]
    """One item, by how many connections asked for it."""
    near: Sequence[Run]
    deep: Sequence[Run]
    counting: Counting
    hashing: Sequence[Hashing]
    jobs: Sequence[Jobs]
    transfers: Sequence[Transfers]
    starts: Sequence[float]
    megabytes: Mapping[str, float]
    machine: Json

    @property
    def depth(self) -> float:
        """How many times a near page's cost a deep one costs."""
        return median(
            near.rate / deep.rate for near, deep in zip(self.near, self.deep, strict=True)
        )

    def bars(self) -> list[Bar]:
        bars = [
            Bar(f"ratio {name}", self.routes[name].ratio, least, is_least=True)
            for name, least in RATIOS.items()
        ]
        bars += [
            Bar(f"p99/p50 {name}", Figures.of(route.service).tail, TAIL)
            for name, route in self.routes.items()
        ]
        crowd, background = hashing.figures(self.hashing), jobs.figures(self.jobs)
        files = transfers.figures(self.transfers)
        counted = counting.figures(self.counting)["cpu_more_percent"]
        if counted is not None:
            bars.append(Bar("CPU more by metrics, %", counted, 3))
        bars += [
            Bar("logins / bare bcrypt", crowd["ratio"], 0.9, is_least=True),
            Bar(f"p99 of health during {CROWD} logins, ms", crowd["live_p99"], 200),
            Bar(
                "p50 from commit to a job's handler, ms",
                background["commit_to_handler_p50_ms"],
                100,
            ),
            Bar("small jobs per second", background["jobs_per_second"], 500, is_least=True),
            # PostgreSQL itself is at 15 000, for twelve indexes and an event each (decision 35).
            Bar("rows imported per second", files["imported_per_second"], 12_000, is_least=True),
            Bar("rows exported per second", files["exported_per_second"], 50_000, is_least=True),
            Bar("memory more by transfers, MB", files["megabytes_more"], 50),
            Bar("cursor at depth / first cursor", self.depth, 1.3),
            Bar("cold start, s", median(self.starts), 1.5),
            Bar("memory after load, MB", self.megabytes["service"], 150),
        ]
        return bars

    def show(self, console: Console) -> None:
        table = Table(title="32 connections, login 4; medians", title_justify="left")
        columns = ("req/s", "p50 ms", "p99 ms", "p99/p50", "CPU µs", "busy", "ratio", "by CPU")
        table.add_column("route")
        table.add_column("server")
        for column in columns:
            table.add_column(column, justify="right")
        for name, route in self.routes.items():
            ratios = (f"{route.ratio:.2f}", _shown(route.ratio_by_cpu, "{:.2f}"))
            table.add_row(name, "service", *_cells(route.service), *ratios)
            table.add_row("", "floor", *_cells(route.floor))
        for connections, runs in self.crowds.items():
            table.add_row(f"item, {connections} conns", "service", *_cells(runs))
        table.add_row("first by cursor", "service", *_cells(self.near))
        table.add_row("at 90 000", "service", *_cells(self.deep))
        console.print(table)
        counted = counting.figures(self.counting)
        console.print(
            f"metrics: {_shown(counted['cpu_more_percent'], '{:+.1f}')} % CPU a request,"
            f" {_shown(counted['requests_more_percent'], '{:+.1f}')} % requests a second"
        )
        crowd = hashing.figures(self.hashing)
        console.print(
            f"{CROWD} sign in: {crowd['logins_per_second']:.2f} logins/s, bare bcrypt"
            f" {crowd['bcrypt_per_second']:.2f}/s, {crowd['refused_per_second']:.0f} refused/s;"
            f" health p50 {crowd['live_p50']:.2f} ms, p99 {crowd['live_p99']:.2f} ms"
        )
        background = jobs.figures(self.jobs)
        console.print(
            f"jobs: {background['jobs_per_second']:,.0f}/s, each left by a commit of its own;"
            f" begun {background['commit_to_handler_p50_ms']:.2f} ms after it,"
            f" p95 {background['commit_to_handler_p95_ms']:.2f} ms"
        )
        files = transfers.figures(self.transfers)
        console.print(
            f"files: {files['imported_per_second']:,.0f} rows/s in,"
            f" {files['exported_per_second']:,.0f} out; {files['megabytes_more']:.0f} MB more"
        )
        memory = ", ".join(f"{name} {size:.0f} MB" for name, size in self.megabytes.items())
        console.print(f"memory after load: {memory}")
        for bar in self.bars():
            console.print(bar.line(), highlight=False)

    def write(self) -> None:
        measured: dict[str, object] = {
            name: {
                "service": attrs.asdict(Figures.of(route.service)),
                "floor": attrs.asdict(Figures.of(route.floor)),
            }
            for name, route in self.routes.items()
        }
        measured |= {
            f"item_{connections}_connections": attrs.asdict(Figures.of(runs))
            for connections, runs in self.crowds.items()
        }
        measured["cursor_first"] = attrs.asdict(Figures.of(self.near))
        measured["cursor_deep"] = attrs.asdict(Figures.of(self.deep))
        measured["metrics"] = counting.figures(self.counting)
        measured["crowd_of_logins"] = hashing.figures(self.hashing)
        measured["jobs"] = jobs.figures(self.jobs)
        measured["transfers"] = transfers.figures(self.transfers)
        measured["cold_starts_seconds"] = list(self.starts)
        measured["memory_megabytes"] = dict(self.megabytes)
        document = {
            "ratios": {name: route.ratio for name, route in self.routes.items()},
            "ratios_by_cpu": {name: route.ratio_by_cpu for name, route in self.routes.items()},
            "figures": measured,
            "bars": {
                bar.name: {
                    "measured": bar.measured,
                    "at_least" if bar.is_least else "at_most": bar.limit,
                    "met": bar.is_met,
                }
                for bar in self.bars()
            },
            "machine": self.machine,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _cells(runs: Sequence[Run]) -> list[str]:
    figures = Figures.of(runs)
    return [
        f"{figures.rate:,.0f}",
        f"{figures.p50:.2f}",
        f"{figures.p99:.2f}",
        f"{figures.tail:.1f}",
        _shown(figures.cpu, "{:,.0f}"),
        _shown(figures.busy, "{:.0%}"),
    ]


def _shown(figure: float | None, form: str) -> str:
    return "-" if figure is None else form.format(figure)
