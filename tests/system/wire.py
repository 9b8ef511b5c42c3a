"""Bytes sent and bytes received, where no HTTP client would send them."""

import json
import socket
from collections.abc import Iterator, Mapping

import attrs

from tests.system.service import Server

_PATIENCE = 15.0


@attrs.frozen
class Received:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a problem that carries all that any answer carries."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["cache-control"] == "no-store"
        problem = json.loads(self.body)
        assert problem["request_id"] == self.headers["x-request-id"]
        assert problem["status"] == self.status
        return self.status, problem["code"]


def exchange(server: Server, *pieces: bytes) -> list[Received]:
    """All that is answered until the server closes the connection, which it has to do."""
    with server.connect() as connection:
        connection.settimeout(_PATIENCE)
        for piece in pieces:
            connection.sendall(piece)
        return list(answers(read_to_end(connection)))


def read_to_end(connection: socket.socket) -> bytes:
    """Raise `TimeoutError` or `ConnectionResetError` where there is no orderly end."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def answers(received: bytes) -> Iterator[Received]:
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        length = int(headers["content-length"])
        yield Received(int(status_line.split(" ")[1]), headers, rest[:length])
        received = rest[length:]
