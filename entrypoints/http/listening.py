"""Addresses, taken before anything else is touched."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import attrs

from entrypoints.settings.schema import Settings

BACKLOG = 2048


class PortTaken(Exception):
    """One line that says which address can't be had, and why."""


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
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listener.set_inheritable(True)
    return listener
