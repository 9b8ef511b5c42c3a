"""The application with its use cases over something else."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
from fastapi import FastAPI

from entrypoints.bootstrap.services import Ports, wire
from entrypoints.settings.schema import Settings


@contextmanager
def wired(app: FastAPI, ports: Ports, settings: Settings) -> Iterator[None]:
    """For as long as the block lasts."""
    inside = app.state.inside
    app.state.inside = attrs.evolve(inside, services=wire(ports, settings))
    try:
        yield
    finally:
        app.state.inside = inside
