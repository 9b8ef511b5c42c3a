"""uvicorn's connections, with what answers that last need of them, and an end to those on which no
sound request arrives."""

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable

import attrs
from uvicorn._types import ASGISendEvent, HTTPScope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.http11 import Request

from entrypoints.http.problems import (
    BadHost,
    HeadersTooLarge,
    HttpProblem,
    MalformedRequest,
    RequestTimeout,
)

_LINGER = 2.0
"""Seconds in which whoever is still sending may read why nobody listens."""
_LEAVES_WITHIN = 0.5
"""Seconds for a request that was sent before its client heard that the server goes."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@attrs.frozen
class HeadLimits:
    """Of a request line and its headers."""

    size: int
    """Bytes that are kept while there is no end of them."""
    seconds: float


class HttpConnection(HttpToolsProtocol):
    """In the scope, `abort` cuts the connection, and whatever is put there as `at_shutdown` is
    called when the server begins to wait for all answers to end. What is no request, or does not
    become one in time, is answered by the application too: its scope holds, as `refused`, why."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        head: HeadLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head = head
        self._in_head = False
        self._head_bytes = 0
        self._head_due: TimerHandle | None = None
        self._listens = True
        self._has_ended = False
        self._is_leaving = False
        self._idle_since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._outgoing = _Outgoing(transport, self._end)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._listens:
            return
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self._head.size:
                self._refuse(HeadersTooLarge())
        if self._head_due is None and self._is_idle():
            # By whatever has come, the time between requests has been called off.
            self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]  # one of ours
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_expecting()
        problem = self._what_is_wrong()
        if problem is not None:
            self.scope["refused"] = problem  # type: ignore[typeddict-unknown-key]  # one of ours
            self.url = b"/"
        super().on_headers_complete()
        is_upgraded = self.parser.should_upgrade()
        if is_upgraded and self._should_upgrade():
            return
        self.cycle.transport = self._outgoing
        if problem is not None or is_upgraded or self._is_leaving:
            # Where one request ends and another begins is not known; nor is it after an upgrade
            # to what we do not speak.
            self.cycle.keep_alive = False

    def _should_upgrade(self) -> bool:
        return "refused" not in self.scope and super()._should_upgrade()

    def on_response_complete(self) -> None:
        self._outgoing.end_answer()
        self._idle_since = self.loop.time()
        if not self._has_ended:
            super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's, in plain text
        self._refuse(MalformedRequest())

    def shutdown(self) -> None:
        last = self._last_cycle()
        at_shutdown = None if last is None else last.scope.get("at_shutdown")
        if callable(at_shutdown):
            at_shutdown()
        if self._is_idle() and self.loop.time() - self._idle_since < _LEAVES_WITHIN:
            # The next request may be on its way: closed now, it would fail and nobody could tell
            # whether it was done. Answered, it tells its client to go elsewhere.
            self._is_leaving = True
            self.loop.call_later(_LEAVES_WITHIN, self._leave)
        else:
            super().shutdown()

    def _leave(self) -> None:
        if self._is_idle() and not self._in_head:
            self.transport.close()

    def _last_cycle(self) -> RequestResponseCycle | None:
        """None before the first request, whatever uvicorn declares."""
        return self.cycle

    def _what_is_wrong(self) -> HttpProblem | None:
        """With a request line and headers that the parser finds sound."""
        if len(self.url) > self._head.size:
            return HeadersTooLarge()
        version = self.parser.get_http_version()
        if version not in {"1.0", "1.1"}:
            return MalformedRequest()
        host = b""
        for name, value in self.headers:
            if name == b"host":
                host = value
            elif name == b"transfer-encoding" and (
                version == "1.0" or value.strip().lower() != b"chunked"
            ):
                # RFC 9112 §6.1: unknown to the one, and no other coding is undone here.
                return MalformedRequest()
        scheme, is_whole, rest = self.url.partition(b"://")
        if is_whole and scheme[:1] != b"/" and rest.partition(b"/")[0].lower() != host.lower():
            # A URL in full counts more than `Host` (§3.2.2), which all else looks at.
            return BadHost()
        return None

    def _is_idle(self) -> bool:
        """Whether nothing is being answered, or the request after that has begun."""
        last = self._last_cycle()
        return self._in_head or last is None or last.response_complete

    def _expect_head(self) -> None:
        self._head_due = self.loop.call_later(self._head.seconds, self._give_up)

    def _stop_expecting(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _give_up(self) -> None:
        self._head_due = None
        if self._in_head:
            self._refuse(RequestTimeout())
        elif self._is_idle():
            self.transport.close()

    def _refuse(self, problem: HttpProblem) -> None:
        """Answer so, after whatever is still to be answered, and listen to nothing more."""
        if not self._listens or self.transport.is_closing():
            return
        self._listens = False
        self._stop_expecting()
        before = self._last_cycle()
        self.cycle = self._refusal(problem)
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        elif not before.more_body:
            self.pipeline.appendleft((self.cycle, self.app))
        elif before.response_started:
            self.transport.close()
        else:
            # Its body is what is wrong: to the application its client has left.
            before.disconnected = True
            before.message_event.set()
            self._start_asgi_task(self.cycle, self.app)

    def _end(self) -> None:
        """Close for writing first. The system would reset a connection on which something has
        arrived that nobody read, and take the answer back with it."""
        self._listens = False
        self._has_ended = True
        self._stop_expecting()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            # What has come already may have been as much as is held.
            self.flow.resume_reading()
            self.loop.call_later(_LINGER, self.transport.close)
        else:
            self.transport.close()

    def _refusal(self, problem: HttpProblem) -> RequestResponseCycle:
        scope: HTTPScope = {  # type: ignore[typeddict-unknown-key]  # `refused` is one of ours
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "root_path": "",
            "headers": [],
            "state": self.app_state.copy(),
            "method": "-",
            "path": "-",
            "raw_path": b"-",
            "query_string": b"",
            "refused": problem,
        }
        return RequestResponseCycle(
            scope=scope,
            transport=self._outgoing,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.flow.resume_reading,
        )


class _Outgoing(asyncio.Transport):
    """What the answers of a connection are written to. The head of each goes with the first piece
    of its body, as ASGI has it: alone it would be a system call and a packet more."""

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._end = end
        self._head: bytes | bytearray | memoryview = b""
        self._has_begun = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._has_begun or data == _CONTINUE:
            self._transport.write(data)
        elif self._head:
            self._has_begun = True
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        else:
            self._head = data

    def end_answer(self) -> None:
        """Also of one that has no body."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""
        self._has_begun = False

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self.end_answer()
        self._end()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """The same `abort`; the end that it comes to at shutdown is uvicorn's own, with 1012."""

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # A refusal is an answer too; uvicorn would complain that there was none.
            self.handshake_complete = True

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # The endpoint begins after this.
        if self.conn.handshake_exc is None:
            self.scope["abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]  # one of ours
