"""uvicorn, told when to say that it serves, and left with status 0 when told to stop."""

import os
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.supervisors import Multiprocess

from entrypoints.http.app import create_app
from entrypoints.settings import Settings

_WORKER_START_SECONDS = 30.0


class PortTaken(Exception):
    """One line that says which address can't be had, and why."""


def bind(settings: Settings) -> socket.socket:
    """Take the address first, so that a second server fails before it touches anything."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise PortTaken(f"cannot listen on {where}: {error.strerror}") from error
    listener.set_inheritable(True)
    return listener


def serve(
    settings: Settings, dsn: str, listener: socket.socket, announce: Callable[[], None]
) -> None:
    """Serve until a signal says stop; `announce` is called once requests are answered."""
    if settings.workers == 1:
        app = create_app(settings, dsn, long_lived=True)
        _AnnouncingServer(_config(settings, app), announce).run(sockets=[listener])
        return
    # The workers read the settings anew, each in a process of its own.
    os.environ["DATABASE_URL"] = dsn
    for name in ("host", "port", "workers"):
        os.environ[name.upper()] = str(getattr(settings, name))
    config = _config(settings, "entrypoints.http.main:app")
    _AnnouncingSupervisor(config, [listener], announce).run()


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


class _AnnouncingSupervisor(Multiprocess):
    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], announce: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets)
        self._announce = announce

    def init_processes(self) -> None:
        super().init_processes()
        if all(each.wait_until_ready(_WORKER_START_SECONDS) for each in self.processes):
            self._announce()


def _config(settings: Settings, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an application, or where to import it from
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
