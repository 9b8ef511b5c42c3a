"""What a request is told as, whatever becomes of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal

import attrs
import pytest
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from entrypoints.http.tracing import TracedRequests

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ROUTE = Route("/roles/{name}", lambda _: None)


@attrs.define
class RecordingSpan:
    name: str
    parent: str | None
    attributes: dict[str, str | int] = attrs.field(factory=dict)
    failure: str | None = None
    has_ended: bool = False

    def rename(self, name: str) -> None:
        self.name = name

    def add(self, attributes: Mapping[str, str | int]) -> None:
        self.attributes.update(attributes)

    def fail(self, reason: str) -> None:
        self.failure = reason


@attrs.define
class RecordingTracer:
    spans: list[RecordingSpan] = attrs.field(factory=list)

    @contextmanager
    def following(
        self, trace_parent: str | None, name: str, kind: Literal["server"]
    ) -> Iterator[RecordingSpan]:
        span = RecordingSpan(name, trace_parent)
        self.spans.append(span)
        try:
            yield span
        finally:
            span.has_ended = True


@attrs.frozen
class App:
    """Finds the one route, and then does as it is told."""

    status: int | None
    finds_a_route: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["request_id"] = "of-mine"
        if self.finds_a_route:
            scope["route"] = ROUTE
        if self.status is None:
            raise ConnectionError
        await send({"type": "http.response.start", "status": self.status, "headers": []})


async def traced(app: App, *parents: bytes, method: str = "GET") -> RecordingSpan:
    tracer = RecordingTracer()
    headers = [(b"traceparent", each) for each in parents]
    scope = {"type": "http", "method": method, "path": "/roles/editor", "headers": headers}
    sent: list[Message] = []

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        sent.append(message)

    with suppress(ConnectionError):
        await TracedRequests(app, tracer)(scope, receive, send)
    assert [each["status"] for each in sent] == ([] if app.status is None else [app.status])
    [span] = tracer.spans
    return span


async def test_is_named_by_its_route() -> None:
    span = await traced(App(200), PARENT)
    assert (span.name, span.parent, span.failure) == (
        "GET /roles/{name}",
        PARENT.decode(),
        None,
    )
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/roles/{name}",
        "http.response.status_code": 200,
        "tessera.request_id": "of-mine",
    }


async def test_what_nobody_serves_has_no_path_in_its_name() -> None:
    span = await traced(App(404, finds_a_route=False))
    assert (span.name, span.parent, span.failure) == ("GET", None, None)
    assert "http.route" not in span.attributes


async def test_methods_that_somebody_made_up_are_one() -> None:
    span = await traced(App(405), method="ANN@EXAMPLE.COM")
    assert span.attributes["http.request.method"] == "_OTHER"
    assert span.name == "_OTHER /roles/{name}"


@pytest.mark.parametrize(("status", "failure"), [(499, None), (500, "500"), (503, "503")])
async def test_fails_by_our_fault_alone(status: int, failure: str | None) -> None:
    assert (await traced(App(status))).failure == failure


async def test_of_two_parents_neither_counts() -> None:
    assert (await traced(App(200), PARENT, PARENT)).parent is None


async def test_an_exchange_that_broke_off_has_no_status() -> None:
    assert "http.response.status_code" not in (await traced(App(None))).attributes


@attrs.define
class Socket:
    """Answers a handshake, and notes whether its span had ended by then."""

    tracer: RecordingTracer
    answers: tuple[Message, ...]
    ended: list[bool] = attrs.field(factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["request_id"] = "of-mine"
        scope["route"] = ROUTE
        for answer in self.answers:
            await send(answer)
            self.ended.append(self.tracer.spans[0].has_ended)


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1000}], 101),
        ([{"type": "websocket.close", "code": 1008}], 403),
        (
            [
                {"type": "websocket.http.response.start", "status": 401, "headers": []},
                {"type": "websocket.http.response.body", "body": b""},
            ],
            401,
        ),
    ],
    ids=["accepted", "closed", "denied"],
)
async def test_of_a_websocket_its_handshake_is_told(answers: list[Message], status: int) -> None:
    tracer = RecordingTracer()
    socket = Socket(tracer, tuple(answers))
    sent: list[Message] = []

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/roles/editor", "headers": [(b"traceparent", PARENT)]}
    await TracedRequests(socket, tracer)(scope, receive, send)

    assert sent == answers
    [span] = tracer.spans
    assert (span.name, span.parent) == ("GET /roles/{name}", PARENT.decode())
    assert span.attributes["http.response.status_code"] == status
    # What comes later belongs to no handshake.
    assert all(socket.ended)
