"""What was measured, as a table, as bars met or missed, and as a file."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import median
from typing import TypeAlias

import attrs
from rich.console import Console
from rich.table import Table

from bench import counting, hashing, jobs
from bench.counting import Counting
from bench.figures import Bar, Comparison, Figures
from bench.hashing import CROWD, Hashing
from bench.jobs import Jobs
from bench.load import Run
from bench.subject import Findings

RESULTS = Path(__file__).with_name("results") / "latest.json"
TAIL = 5.0
"""How many times the median the 99th percentile may be."""

Json: TypeAlias = Mapping[str, object]


@attrs.frozen(kw_only=True)
class Report:
    routes: Mapping[str, Comparison]
    ratios: Mapping[str, float]
    """The least of the floor's requests per second, for those that have a bar."""
    alone: Mapping[str, Sequence[Run]]
    """What was asked of the service alone."""
    counting: Counting
    hashing: Sequence[Hashing]
    jobs: Sequence[Jobs]
    findings: Sequence[Findings]
    starts: Sequence[float]
    megabytes: Mapping[str, float]
    machine: Json

    def bars(self) -> list[Bar]:
        bars = [
            Bar(f"ratio {name}", self.routes[name].ratio, least, is_least=True)
            for name, least in self.ratios.items()
        ]
        bars += [
            Bar(f"p99/p50 {name}", Figures.of(route.service).tail, TAIL)
            for name, route in self.routes.items()
        ]
        crowd, background = hashing.figures(self.hashing), jobs.figures(self.jobs)
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
            *chain.from_iterable(found.bars for found in self.findings),
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
        for name, runs in self.alone.items():
            table.add_row(name, "service", *_cells(runs))
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
        for line in chain.from_iterable(found.lines for found in self.findings):
            console.print(line)
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
        measured |= {name: attrs.asdict(Figures.of(runs)) for name, runs in self.alone.items()}
        for found in self.findings:
            measured |= found.figures
        measured["metrics"] = counting.figures(self.counting)
        measured["crowd_of_logins"] = hashing.figures(self.hashing)
        measured["jobs"] = jobs.figures(self.jobs)
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
