"""uvicorn's connections, with what answers that last need of them."""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request


class HttpConnection(HttpToolsProtocol):
    """In the scope, `abort` cuts the connection, and whatever is put there as `at_shutdown` is
    called when the server begins to wait for all answers to end."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]  # one of ours

    def shutdown(self) -> None:
        # Of the last request, which uvicorn declares to be there before there is any.
        at_shutdown = getattr(self.cycle, "scope", {}).get("at_shutdown")
        if callable(at_shutdown):
            at_shutdown()
        super().shutdown()


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
