"""Waiting that always ends."""

import time
from collections.abc import Iterator

PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.005


def attempts(patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """One try at once, then one every few milliseconds, until patience runs out."""
    end = time.monotonic() + patience
    yield
    while time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)
        yield
