"""Commands that go on until they are told to stop."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Annotated

import typer

from entrypoints.bootstrap.running import Inside, running
from entrypoints.http.listening import bind
from entrypoints.memory import settle_memory
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import Telemetry, told_at

MetricsPort = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65535,
        help="Where /metrics is, at METRICS_HOST; METRICS_PORT is the servers'.",
        show_default=False,
    ),
]

_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def asked_at(
    metrics_port: int | None, settings: Settings
) -> "Iterator[tuple[Settings, socket.socket | None]]":
    """The settings with that port in the place of the servers', and whoever listens there."""
    if metrics_port is None:
        yield settings, None
        return
    with bind(settings.metrics_host, metrics_port) as listener:
        yield settings.model_copy(update={"metrics_port": metrics_port}), listener


def stand_by(
    settings: Settings,
    dsn: str,
    work: Callable[[Inside], AbstractAsyncContextManager[object]],
    announcement: str,
    metrics: socket.socket | None,
) -> None:
    """Keep at it until SIGTERM, Ctrl-C or a closed terminal."""
    asyncio.run(_stand_by(settings, dsn, work, announcement, metrics))


async def _stand_by(
    settings: Settings,
    dsn: str,
    work: Callable[[Inside], AbstractAsyncContextManager[object]],
    announcement: str,
    metrics: socket.socket | None,
) -> None:
    told = asyncio.Event()
    for number in _ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    telemetry = Telemetry.of(settings)
    async with (
        telemetry.measuring(settings) as figures,
        running(settings, dsn, telemetry) as inside,
        told_at(metrics, figures, inside.services, settings),
        work(inside),
    ):
        settle_memory()
        print(announcement, flush=True)
        await told.wait()
