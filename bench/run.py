"""`python -m bench.run`: start it all, drive it in turns, print the figures, judge the bars."""

import argparse
import json
import os
import platform
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import TypeVar

import attrs
from rich.console import Console

from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.embedded.launcher import EmbeddedPostgres
from bench import data, floor
from bench.bare import LOGIN
from bench.counting import Counting
from bench.figures import Comparison
from bench.hashing import Hashing
from bench.jobs import Jobs
from bench.load import Load, Run, drive, require_wrk
from bench.people import PASSWORD
from bench.report import Report
from bench.servers import BenchError, Server, on_cores, serving
from bench.subjects import SUBJECTS

_SECRET = "only for the benchmark, and only on this machine"  # noqa: S105 - signs nothing of worth
_SERVICE = [sys.executable, "-m", "entrypoints.cli.main", "serve"]
_FLOOR = [sys.executable, "-m", "bench.floor"]
# Jobs of which each finds nothing else going on.
_ALONE = 100
# What is looked for is less than two runs of one server differ by: many turns, each a second long.
_TURNS_OF_A_ROUND = 4
# Both servers, their pools full, and who loads the data. Commits don't wait for the disk: it is
# the servers that are compared, and waiting would make them look alike.
_POSTGRES = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
}

Value = TypeVar("Value")


@attrs.frozen(kw_only=True)
class Plan:
    rounds: int
    seconds: int
    login_seconds: int
    crowd_seconds: int
    starts: int
    jobs: int
    rows: int


_FULL = Plan(
    rounds=7, seconds=3, login_seconds=4, crowd_seconds=6, starts=5, jobs=4000, rows=200_000
)
_QUICK = Plan(
    rounds=3, seconds=1, login_seconds=2, crowd_seconds=4, starts=3, jobs=2000, rows=20_000
)


@attrs.frozen
class Cores:
    """The server measured has a core to itself; what drives it and the database share the rest."""

    server: frozenset[int]
    others: frozenset[int]

    @classmethod
    def split(cls) -> "Cores":
        if not hasattr(os, "sched_setaffinity"):
            return cls(frozenset(), frozenset())
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) < 2:
            return cls(frozenset(), frozenset())
        return cls(frozenset(usable[-1:]), frozenset(usable[:-1]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes, and less certain")
    parser.add_argument("--no-fail", action="store_true", help="status 0 whatever comes out")
    arguments = parser.parse_args()
    console = Console()
    try:
        require_wrk()
        report = measure(_QUICK if arguments.quick else _FULL, console)
    except (BenchError, EmbeddedPostgresError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    report.show(console)
    report.write()
    return 0 if arguments.no_fail or all(bar.is_met for bar in report.bars()) else 1


def measure(plan: Plan, console: Console) -> Report:
    cores = Cores.split()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tessera-bench-")))
        load_before = os.getloadavg()[0]
        with on_cores(cores.others):
            dsn = stack.enter_context(_database())
            console.print("loading the data")
            postgres = data.load(dsn)
        environment = _environment(dsn)

        def start(name: str, command: Sequence[str], **more: str) -> Server:
            with on_cores(cores.server):
                return stack.enter_context(
                    serving(name, command, {**environment, **more}, directory)
                )

        console.print("leaving jobs")
        # On all cores, and before there is a server that would take them.
        jobs = [
            Jobs.measure(dsn, environment, alone=_ALONE, many=plan.jobs) for _ in range(plan.rounds)
        ]
        console.print("starting the servers")
        starts = [_start_time(environment, directory) for _ in range(plan.starts + 1)]
        service, bare = start("service", _SERVICE), start("floor", _FLOOR)
        tokens = {email: _token(service, email) for email in data.PEOPLE}
        routes = _merged(subject.compared(tokens) for subject in SUBJECTS)
        alone = _merged(subject.alone(service, tokens) for subject in SUBJECTS)
        for load in routes.values():
            if load.token is not None and load.method == "GET":
                _must_agree(service, bare, load.path, load.token)
        with on_cores(cores.others):
            runs = _in_turns(plan, service, bare, routes, alone, console)
        console.print("counting what is done")
        counted = start("counted", _SERVICE, METRICS_PORT="0")
        with on_cores(cores.others):
            counting = Counting.measure(
                routes["account"],
                service,
                counted,
                times=plan.rounds * _TURNS_OF_A_ROUND,
                seconds=1,
            )
        console.print("a crowd signs in")
        # On all cores, as bare bcrypt is.
        whole = stack.enter_context(serving("whole", _SERVICE, environment, directory))
        hashing = [
            Hashing.measure(routes["login"], whole, plan.crowd_seconds) for _ in range(plan.rounds)
        ]
        console.print("what else there is")
        asked_alone = {name: runs[name, "service"] for name in alone}
        findings = [subject.findings(asked_alone, whole, tokens, plan.rows) for subject in SUBJECTS]
        return Report(
            routes={
                name: Comparison(runs[name, "service"], runs[name, "floor"]) for name in routes
            },
            ratios=_merged(subject.ratios for subject in SUBJECTS),
            alone=asked_alone,
            counting=counting,
            hashing=hashing,
            jobs=jobs,
            findings=findings,
            # The first start compiles the bytecode.
            starts=starts[1:],
            megabytes={each.name: each.resident_megabytes() for each in (service, bare)},
            machine=_machine(plan, cores, load_before, postgres),
        )


def _in_turns(
    plan: Plan,
    service: Server,
    bare: Server,
    routes: Mapping[str, Load],
    alone: Mapping[str, Load],
    console: Console,
) -> Mapping[tuple[str, str], Sequence[Run]]:
    """By route and server."""
    runs: dict[tuple[str, str], list[Run]] = {}

    def run(name: str, load: Load, server: Server) -> None:
        seconds = plan.login_seconds if name == "login" else plan.seconds
        runs.setdefault((name, server.name), []).append(drive(load, server, seconds))

    for name, load in routes.items():
        for server in (service, bare):
            drive(load, server, plan.login_seconds if name == "login" else 1)
    for number in range(plan.rounds):
        console.print(f"round {number + 1} of {plan.rounds}")
        for name, load in routes.items():
            for server in (service, bare) if number % 2 else (bare, service):
                run(name, load, server)
        for name, load in alone.items():
            run(name, load, service)
    return runs


@contextmanager
def _database() -> Iterator[str]:
    """`BENCH_DATABASE_URL`, which must be empty, or a server of our own."""
    given = os.environ.get("BENCH_DATABASE_URL")
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="tessera-bench-") as parent:
        postgres = EmbeddedPostgres(Path(parent) / "postgres", _POSTGRES)
        try:
            yield postgres.start()
        finally:
            postgres.erase()


def _environment(dsn: str) -> dict[str, str]:
    """As in production, with one worker; lines per request are off on both sides."""
    return {
        "ENVIRONMENT": "production",
        "SMTP_HOST": "localhost",
        "MAIL_FROM": "bench@localhost",
        "DATABASE_URL": dsn,
        "DATABASE_POOL_SIZE": str(floor.POOL_SIZE),
        "SECRET_KEY": _SECRET,
        # Counted all the same, as in production.
        "RATE_LIMIT_GENERAL": "1000000000/1m",
        "RATE_LIMIT_LOGIN_ACCOUNT": "1000000000/5m",
        "RATE_LIMIT_LOGIN_ADDRESS": "1000000000/5m",
        "PUBLIC_BASE_URL": "https://bench.example.com",
        "ALLOWED_HOSTS": "127.0.0.1",
        "ACCESS_TOKEN_EXPIRE_MINUTES": "1440",
        "LOG_LEVEL": "warning",
    }


def _start_time(environment: Mapping[str, str], directory: Path) -> float:
    with serving("start", _SERVICE, environment, directory) as server:
        return server.started_in


def _merged(parts: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    return dict(chain.from_iterable(part.items() for part in parts))


def _must_agree(service: Server, bare: Server, path: str, token: str) -> None:
    """The floor is one only if it answers the same."""
    ours, theirs = (server.get(path, token) for server in (service, bare))
    for answer in (ours, theirs):
        answer.pop("next_cursor", None)
    if ours != theirs:
        raise BenchError(f"Tessera and the floor differ on {path}:\n{ours}\n{theirs}")


def _token(server: Server, email: str) -> str:
    form = urllib.parse.urlencode({"username": email, "password": PASSWORD}).encode()
    with urllib.request.urlopen(f"{server.url}{LOGIN}", form) as answer:  # noqa: S310 - http
        return str(json.load(answer)["access_token"])


def _machine(plan: Plan, cores: Cores, load_before: float, postgres: str) -> dict[str, object]:
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgres": postgres,
        "load_average_before": load_before,
        "server_on_cores": sorted(cores.server),
        "rounds": plan.rounds,
        "seconds": plan.seconds,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
