"""A project at work, by whatever starts it."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.free_port import free_port
from tests.project.made import Made, environment
from tests.system.service import eventually


@contextmanager
def served(made: Made, command: Sequence[str | Path]) -> Iterator[httpx.Client]:
    port = free_port()
    process = subprocess.Popen(
        command, cwd=made.folder, env=environment(PORT=str(port)), stdout=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            eventually(lambda: answers(client) or None, "an answer")
            yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in {0, 143}
    finally:
        process.kill()
        process.wait()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False
