"""`/metrics` of processes that serve nothing else."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from entrypoints.http.metrics import Exposition, MetricsPage, MetricsSettings
from entrypoints.http.uvicorn_config import config_of
from entrypoints.settings.schema import Settings


@asynccontextmanager
async def metrics_served(
    listener: socket.socket, exposition: Exposition, settings: Settings
) -> AsyncIterator[None]:
    """For as long as the block lasts. Several processes may share a listener: whichever is asked
    answers for all."""
    config = config_of(settings, MetricsPage(MetricsSettings.of(settings), exposition))
    config.lifespan = "off"
    server = _Server(config)
    # Its own, for the server closes it, and this may be done again.
    serving = asyncio.create_task(server.serve(sockets=[listener.dup()]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are for whoever it serves beside."""
        yield
