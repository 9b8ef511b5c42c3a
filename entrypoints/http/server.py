"""uvicorn, told when to say that it serves, and left with status 0 when told to stop."""

import logging
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import uvicorn
from fastapi import FastAPI
from starlette.types import Lifespan
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from entrypoints.http.app import create_app
from entrypoints.http.listening import Listeners
from entrypoints.http.uvicorn_config import config_of
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import SHARED, figures_shared

_log = logging.getLogger(__name__)

_WORKER_START_SECONDS = 30.0


class WorkersFailed(Exception):
    """One line that says so; the workers themselves have logged why."""


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
    with figures_shared(settings) as shared:
        os.environ["METRICS_DIR"] = str(shared.metrics_dir)
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
        if shared.name.startswith(SHARED) and not supervisor.is_alive():
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
