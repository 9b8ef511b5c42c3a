"""What the head of every request must be like: one host, known, and no more than may be sent."""

import itertools
import os
import re

import attrs
from starlette.types import Scope

from entrypoints.http.problems import BadHost, HeadersTooLarge, PayloadTooLarge

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}\Z")
_HOST = re.compile(rb"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(:\d{1,5})?\Z", re.IGNORECASE)
# Told apart, not guessed at: a draw from the system for each request costs more than all of this.
_THIS_PROCESS = os.urandom(12).hex()
_COUNT = itertools.count()


@attrs.frozen(kw_only=True)
class HeadRules:
    allowed_hosts: frozenset[bytes]
    """In lower case, without ports; empty allows any."""
    max_bytes: int
    """Of the request line and the headers together."""

    def inspect(self, scope: Scope) -> None:
        """Leave the path without its slash, and the request with an id, which is answered, and the
        length that it says its body has. Raise `BadHost`, `HeadersTooLarge` or `PayloadTooLarge`,
        or what the connection refuses it for."""
        hosts: list[bytes] = []
        length: bytes | None = None
        request_id = ""
        size = len(scope["path"]) + len(scope.get("query_string", b""))
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"host":
                hosts.append(value)
            elif name == b"x-request-id" and _SANE_REQUEST_ID.match(value):
                request_id = value.decode()
            elif name == b"content-length":
                length = value
        scope["request_id"] = request_id or f"{_THIS_PROCESS}{next(_COUNT):08x}"

        if "refused" in scope:
            raise scope["refused"]
        if size > self.max_bytes:
            raise HeadersTooLarge(headers={"Connection": "close"})
        host = _HOST.match(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            raise BadHost
        if self.allowed_hosts and host["name"].lower() not in self.allowed_hosts:
            raise BadHost
        if length is not None and (not length.isdigit() or len(length) > 18):
            raise PayloadTooLarge
        # How much is too much is for the route to say.
        scope["content_length"] = int(length or 0)
        _leave_out_slash(scope)


def _leave_out_slash(scope: Scope) -> None:
    path = scope["path"]
    if len(path) > 1 and path.endswith("/"):
        scope["path"] = path[:-1]
        scope["raw_path"] = scope.get("raw_path", path.encode())[:-1]
