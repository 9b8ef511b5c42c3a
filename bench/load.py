"""Load from outside, by wrk."""

import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import attrs

from bench.servers import BenchError, Server

_SCRIPT = Path(__file__).with_name("request.lua")


@attrs.frozen(kw_only=True)
class Load:
    """One request, repeated on every connection once its answer is there."""

    method: str = "GET"
    path: str
    token: str | None = attrs.field(default=None, repr=False)
    body: str | None = None
    """`{unique}` in it is something else in each request."""
    content_type: str | None = None
    connections: int = 32
    pause: int | None = None
    """Milliseconds between an answer and the next request."""
    is_too_much: bool = False
    """Whether the server is right to refuse some of it."""


@attrs.frozen(kw_only=True)
class Run:
    requests: int
    """Those that were served."""
    refused: int
    seconds: float
    p50: float
    p99: float
    """Both in milliseconds."""
    cpu: float | None
    """Microseconds of the server's processor time per request."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def busy(self) -> float | None:
        """Which part of one core the server used; well below 1, something else set the rate."""
        return None if self.cpu is None else self.cpu * self.rate / 1e6


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise BenchError(
            "wrk is needed: apt-get install wrk, dnf install wrk, brew install wrk, or"
            " https://github.com/wg/wrk"
        )


def drive(load: Load, server: Server, seconds: int) -> Run:
    environment = {
        "BENCH_METHOD": load.method,
        "BENCH_BODY": load.body,
        "BENCH_UNIQUE": secrets.token_hex(4),
        "BENCH_CONTENT_TYPE": load.content_type,
        "BENCH_AUTHORIZATION": load.token and f"Bearer {load.token}",
        "BENCH_PAUSE": load.pause and str(load.pause),
    }
    command = ["wrk", "--threads", "1", "--connections", str(load.connections)]
    command += ["--duration", f"{seconds}s", "--timeout", "10s", "--script", str(_SCRIPT)]
    before = server.cpu_seconds()
    answer = subprocess.run(
        [*command, f"{server.url}{load.path}"],
        env={**os.environ, **{name: value for name, value in environment.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    after = server.cpu_seconds()
    server.settle()
    if answer.returncode != 0:
        raise BenchError(f"wrk failed: {answer.stderr.strip() or answer.stdout.strip()}")
    outcome = json.loads(answer.stdout.strip().rpartition("\n")[2])
    served = outcome["requests"] - outcome["refused"]
    if (outcome["refused"] and not load.is_too_much) or outcome["broken"] or not served:
        raise BenchError(
            f"{server.name} answered {load.method} {load.path} {outcome['requests']} times,"
            f" {outcome['refused']} of them with an error; {outcome['broken']} had no answer"
        )
    cpu = None
    if before is not None and after is not None:
        cpu = (after - before) / served * 1e6
    return Run(
        requests=served,
        refused=outcome["refused"],
        seconds=outcome["microseconds"] / 1e6,
        p50=outcome["p50"] / 1e3,
        p99=outcome["p99"] / 1e3,
        cpu=cpu,
    )
