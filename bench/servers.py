"""Servers as processes of their own: started, asked and measured from outside."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[1]
_PROC = Path("/proc")
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_REST_SECONDS = 1.0


class BenchError(Exception):
    """One line that says why nothing was measured."""


@attrs.frozen
class Server:
    name: str
    url: str
    process: "subprocess.Popen[bytes]"
    started_in: float
    """Seconds from the start of the process to its first answer."""

    def cpu_seconds(self) -> float | None:
        """All that the process has used by now; None where there is no /proc."""
        try:
            text = (_PROC / str(self.process.pid) / "stat").read_text()
        except FileNotFoundError:
            return None
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def settle(self) -> None:
        """Wait until it has finished what nobody waits for any more, such as a password's hash."""
        before = self.cpu_seconds()
        while before is not None:
            time.sleep(_PAUSE_SECONDS)
            after = self.cpu_seconds()
            if after is None or after - before < _PAUSE_SECONDS / 4:
                return
            before = after
        time.sleep(_REST_SECONDS)

    def get(self, path: str, token: str) -> dict[str, object]:
        """What it answers, as JSON has it."""
        request = urllib.request.Request(  # noqa: S310 - http
            f"{self.url}{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - http
            document: dict[str, object] = json.load(answer)
            return document

    def resident_megabytes(self) -> float:
        answer = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(answer.stdout) / 1024


@contextlib.contextmanager
def on_cores(cores: frozenset[int]) -> Iterator[None]:
    """What is started in here stays on these cores; does nothing where that can't be asked for."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def serving(
    name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path
) -> Iterator[Server]:
    """`command` with `--port` added, once it answers; run in `directory`, away from any `.env`."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=directory,
            env={**inherited, **environment, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, url, log)
        yield Server(name, url, process, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/health/live", timeout=1):  # noqa: S310 - http
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise BenchError(f"a server did not start:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
