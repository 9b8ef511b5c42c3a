"""A start is waited for by whoever develops, and by whoever is served meanwhile."""

import time

from tests.system.service import Installation

ATTEMPTS = 3
LONGEST_START = 3.0


def test_starts_again_quickly(installation: Installation) -> None:
    """On the embedded PostgreSQL, which it starts too."""
    took = [seconds_to_start(installation) for _ in range(ATTEMPTS + 1)][1:]
    print("starts: " + ", ".join(f"{seconds:.2f} s" for seconds in took))
    assert min(took) < LONGEST_START


def seconds_to_start(installation: Installation) -> float:
    began = time.monotonic()
    server = installation.serve().wait_until_ready()
    assert server.http.get("/health/ready").status_code == 200
    took = time.monotonic() - began
    server.terminate()
    assert server.status() == 0
    return took
