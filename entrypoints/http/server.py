"""uvicorn, told when to say that it serves, and left with status 0 when told to stop."""

import logging
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import attrs
import uvicorn
from fastapi import FastAPI
from starlette.types import Lifespan
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from domain.service_name import NAME
from entrypoints.http.app import create_app
from entrypoints.http.connections import HeadLimits, HttpConnection, WebSocketConnection
from entrypoints.settings.schema import Settings

_log = logging.getLogger(__name__)

_WORKER_START_SECONDS = 30.0
_BACKLOG = 2048
_LARGEST_FRAME = 64 * 1024
_SHARED = f"{NAME}-metrics-"


class PortTaken(Exception):
    """One line that says which address can't be had, and why."""


class WorkersFailed(Exception):
    """One line that says so; the workers themselves have logged why."""


@contextmanager
def bound(settings: Settings) -> "Iterator[Listeners]":
    """Take the addresses first, so that a second server fails before it touches anything."""
    with ExitStack() as stack:
        api = stack.enter_context(bind(settings.host, settings.port))
        metrics = None
        if settings.metrics_port is not None:
            metrics = stack.enter_context(bind(settings.metrics_host, settings.metrics_port))
        yield Listeners(api, metrics)


@attrs.frozen
class Listeners:
    api: socket.socket
    metrics: socket.socket | None

    @property
    def all(self) -> list[socket.socket]:
        return [self.api] if self.metrics is None else [self.api, self.metrics]

    def ports(self) -> dict[str, int]:
        """As settings: what the system chose, where that was left to it."""
        ports = {"port": self.api, "metrics_port": self.metrics}
        return {
            name: listener.getsockname()[1]
            for name, listener in ports.items()
            if listener is not None
        }


def bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Two may bind one address for as long as neither listens. Who connects early is answered
        # once the service is ready.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listener.set_inheritable(True)
    return listener


def serve(settings: Settings, dsn: str, listeners: Listeners, announce: Callable[[], None]) -> None:
    """Serve until a signal says stop; `announce` is called once requests are answered."""
    if settings.workers == 1:
        app = create_app(settings, dsn, long_lived=True)
        _AnnouncingServer(config_of(settings, app), announce).run(sockets=listeners.all)
        return
    # The workers read the settings anew, each in a process of its own.
    os.environ["DATABASE_URL"] = dsn
    for name in ("host", "port", "workers", *listeners.ports()):
        os.environ[name.upper()] = str(getattr(settings, name))
    config = config_of(settings, "entrypoints.http.server:worker_app")
    with tempfile.TemporaryDirectory(prefix=_SHARED) as directory:
        if settings.metrics_dir is None:
            os.environ["METRICS_DIR"] = directory
        _AnnouncingSupervisor(config, listeners.all, announce).run()


def worker_app() -> FastAPI:
    """What each of several workers serves. It ends with its supervisor, even a killed one."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        Thread(target=_end_after, args=[supervisor.sentinel], daemon=True).start()
    try:
        # Imported late, because that module is made of the settings at import.
        app: FastAPI = import_module("entrypoints.http.main").app
    except Exception as error:
        _log.error("a worker can't start: %s", error, exc_info=_log.isEnabledFor(logging.DEBUG))
        # Any other status, and the supervisor would try again for ever.
        raise SystemExit(STARTUP_FAILURE) from error
    if supervisor is not None:
        app.router.lifespan_context = _tidied(app.router.lifespan_context, supervisor)
    return app


def _tidied(lifespan: Lifespan[FastAPI], supervisor: BaseProcess) -> Lifespan[FastAPI]:
    """What the supervisor has made for its workers goes with the last of them, where it was killed
    and can't see to that any more."""

    @asynccontextmanager
    async def tidied(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app):
            yield
        shared = Path(os.environ.get("METRICS_DIR", ""))
        if shared.name.startswith(_SHARED) and not supervisor.is_alive():
            shutil.rmtree(shared, ignore_errors=True)

    return tidied


def _end_after(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.force_exit:
            # A second Ctrl-C spares the requests, which uvicorn takes to mean the rest as well.
            await self.lifespan.shutdown()


class _AnnouncingSupervisor(Multiprocess):
    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], announce: Callable[[], None]
    ) -> None:
        at_hang_up = signal.getsignal(signal.SIGHUP)
        super().__init__(config, sockets)
        # uvicorn would start new workers, where a closed terminal means the end.
        signal.signal(signal.SIGHUP, at_hang_up)
        self._announce = announce

    def run(self) -> None:
        super().run()
        if any(each.exitcode == STARTUP_FAILURE for each in self.processes):
            raise WorkersFailed("the workers did not start")

    def init_processes(self) -> None:
        super().init_processes()
        if all(each.wait_until_ready(_WORKER_START_SECONDS) for each in self.processes):
            self._announce()

    def terminate_all(self) -> None:
        # So that nobody connects any more, only to wait for a worker that has gone.
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def config_of(settings: Settings, app: object) -> uvicorn.Config:
    head = HeadLimits(size=settings.max_header_bytes, seconds=settings.header_timeout)
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an application, or where to import it from
        factory=isinstance(app, str),
        workers=settings.workers,
        http=partial(HttpConnection, head=head),  # type: ignore[arg-type]  # only ever called
        ws=WebSocketConnection,
        ws_max_size=_LARGEST_FRAME,
        # Costs every connection more memory than all else, and events are small.
        ws_per_message_deflate=False,
        backlog=_BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
