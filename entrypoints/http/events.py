"""What happens to things of one kind, as it happens: by Server-Sent Events, and by WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import attrs
from fastapi import APIRouter, Query, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketState

from application.auth.admission import Admission
from application.auth.authenticate import AuthenticateHandler
from application.events.feed import FellBehind
from application.events.follow import Follow, Following, Notice, Quiet, Reset
from application.events.kind import EventKind
from application.events.ports import Event
from application.throttling.request_limit import RequestLimit
from domain.access import ANONYMOUS, PermissionDenied
from domain.errors import DomainError, Invalid
from domain.events import EventId, TooManyFollowers
from entrypoints import strict_json
from entrypoints.http.errors import FAILURES
from entrypoints.http.headers import header
from entrypoints.http.problems import HttpProblem, problem_response
from entrypoints.http.routing import declared, needs, own_or
from entrypoints.http.schemas import Shape
from entrypoints.http.streams import cut, gone, until_first
from entrypoints.http.wiring import CurrentActor, admission_of, placed, services_of

POLICY_VIOLATION = 1008
_RECONNECT_AFTER = 1000
"""Milliseconds, as Server-Sent Events are told."""
# Seconds: for the first message, for an event to be taken, and for the end to be.
_AUTH_WITHIN = 5.0
_TAKES_WITHIN = 10.0
_CLOSES_WITHIN = 1.0
_MOST_MESSAGES = 20
"""A second, of whoever follows by WebSocket."""

_PATH = "/events"
_RESET = json.dumps({"type": "reset"})
_DESCRIPTION = """What happens to {whose}, as Server-Sent Events
{types} with the data
`{{"id", "type", "{called}"}}`. Events are kept for a day: with `since` or `Last-Event-ID` none is
missed and none told twice. Where the last one seen is not known any more, an event `reset`
comes first: load the {things} anew. The answer ends when the credentials do.

By **WebSocket** at the same path (`wss:`) the same comes as JSON messages. Credentials go into
the headers as everywhere, or within 5 s into a first message `{{"type": "auth", "token"}}`; the
connection closes with 1008 when they end, and with 1012 when the server restarts. At most 5
connections an account, frames of 64 KiB and 20 messages a second."""

View = TypeVar("View")


class FollowQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: UUID | None = Field(
        default=None, description="The last event that was seen; goes on behind it."
    )
    follow: bool = Field(
        default=True, description="Without it the answer ends with what there is already."
    )


_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The same as `since`, as browsers send it when they connect again.",
    "schema": {"type": "string", "title": "Last-Event-ID"},
}


_STREAM_HEADERS = (
    (b"content-type", b"text/event-stream"),
    # Proxies that collect answers before they pass them on would hold events back.
    (b"x-accel-buffering", b"no"),
)


@attrs.frozen
class Live(Generic[View]):
    """The events of one kind, as they are shown."""

    handler: type[Following[View]]
    shape: TypeAdapter[Shape]

    @property
    def kind(self) -> EventKind[View]:
        return self.handler.kind

    def as_json(self, event: Event[View]) -> str:
        subject = self.shape.validate_python(event.subject, from_attributes=True)
        shown = self.shape.dump_json(subject).decode()
        what = self.kind.type_of(event.type)
        return f'{{"id":"{event.id}","type":"{what}","{self.kind.called}":{shown}}}'

    def described(self) -> str:
        kind = self.kind
        whose = kind.things
        if kind.owner_of is not None:
            whose = f"one's own {kind.things}, or with `{kind.permission}` to everyone's"
        *types, last = [f"`{kind.type_of(what)}`" for what in kind.types]
        return _DESCRIPTION.format(
            whose=whose,
            types=f"{', '.join(types)} and {last}",
            called=kind.called,
            things=kind.things,
        )


def add_events(router: APIRouter, handler: type[Following[View]], shape: type[Shape]) -> None:
    """Both ways to follow a kind, at `/events` of its router."""
    live = Live(handler, TypeAdapter(shape))
    kind = handler.kind

    async def follow(
        query: Annotated[FollowQuery, Query()], request: Request, _: CurrentActor
    ) -> Response:
        return EventStream(live, request, _last_seen(request, query.since), stays=query.follow)

    follow.__name__ = f"follow_{kind.name}"
    follow.__doc__ = live.described()
    refusals: list[type[DomainError]] = [TooManyFollowers]
    access = own_or(kind.permission)
    if kind.owner_of is None:
        refusals.append(PermissionDenied)
        access = needs(kind.permission)
    router.get(
        _PATH,
        status_code=200,
        response_class=EventStream,
        summary=f"Follow {kind.things}",
        **declared(access, *refusals, parameters=[_LAST_EVENT_ID]),
    )(follow)
    router.routes.append(WebSocketRoute(router.prefix + _PATH, FollowBySocket(live).__call__))


class EventStream(Response):
    media_type = "text/event-stream"

    def __init__(
        self, live: Live[View], request: Request, since: EventId | None, *, stays: bool
    ) -> None:
        self._live = live
        self._request = request
        self._since = since
        self._stays = stays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        follow = services_of(self._request)[self._live.handler]
        admission = admission_of(self._request)
        async with follow.feed.joined() as follower:
            command = Follow(follower=follower, since=self._since, stays=self._stays)
            async with follow(command, admission) as notices:
                # The body, of which there is none, so that the next message is the end.
                await receive()
                await send(
                    {"type": "http.response.start", "status": 200, "headers": [*_STREAM_HEADERS]}
                )
                if scope["method"] != "HEAD":
                    await until_first(
                        _stream(self._live, notices, send, scope),
                        gone(receive),
                        _server_stops(scope),
                    )
        await send({"type": "http.response.body", "body": b""})


def _last_seen(request: HTTPConnection, since: UUID | None) -> EventId | None:
    if since is not None:
        return EventId(since)
    last_event_id = header(request, b"last-event-id")
    if not last_event_id:
        return None
    try:
        return EventId(UUID(last_event_id))
    except ValueError:
        # Of no event of ours, and answered like one that is not kept any more.
        return EventId(UUID(int=0))


async def _stream(
    live: Live[View], notices: AsyncIterator[Notice[View]], send: Send, scope: Scope
) -> None:
    await send(_chunk(f"retry: {_RECONNECT_AFTER}\n\n"))
    try:
        async for notice in notices:
            async with asyncio.timeout(_TAKES_WITHIN):
                await send(_chunk(_as_server_sent(live, notice)))
    except (FellBehind, DomainError):
        # Whoever connects again goes on where they were, or is told why they may not.
        return
    except TimeoutError:
        cut(scope)


def _as_server_sent(live: Live[View], notice: Notice[View]) -> str:
    match notice:
        case Event():
            what = live.kind.type_of(notice.type)
            return f"id: {notice.id}\nevent: {what}\ndata: {live.as_json(notice)}\n\n"
        case Reset():
            # Without an id any more, or the next connection would be reset as well.
            return f"id:\nevent: reset\ndata: {_RESET}\n\n"
        case Quiet():
            return ":\n\n"


def _chunk(text: str) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}


async def _server_stops(scope: Scope) -> None:
    """It waits for every answer to end."""
    stops = asyncio.Event()
    scope["at_shutdown"] = stops.set
    await stops.wait()


class _Refused(Exception):
    """The connection is to be closed, for it breaks the rules."""


@attrs.frozen
class FollowBySocket(Generic[View]):
    """The WebSocket at the same path."""

    live: Live[View]

    async def __call__(self, socket: WebSocket) -> None:
        follow = services_of(socket)[self.live.handler]
        try:
            _must_come_from_ours(socket)
            since = _since(socket)
            admission = await _admission_by_header(socket)
        except FAILURES as failure:
            await _deny(socket, failure)
            return
        # Whatever happens from here on is told, also where the token comes later.
        async with follow.feed.joined() as follower:
            command = Follow(follower=follower, since=since)
            try:
                if admission is None:
                    await socket.accept()
                    admission = await _admission_by_message(socket)
                await self._follow(socket, command, admission)
            except (DomainError, FellBehind, _Refused) as refusal:
                if socket.application_state is WebSocketState.CONNECTING:
                    await _deny(socket, refusal)
                else:
                    await _close(socket)
            except TimeoutError:
                await _close(socket)
            except WebSocketDisconnect:
                return

    async def _follow(self, socket: WebSocket, command: Follow[View], admission: Admission) -> None:
        follow = services_of(socket)[self.live.handler]
        async with follow(command, admission) as notices:
            if socket.application_state is WebSocketState.CONNECTING:
                await socket.accept()
            await until_first(self._tell(socket, notices), _listen(socket))

    async def _tell(self, socket: WebSocket, notices: AsyncIterator[Notice[View]]) -> None:
        async for notice in notices:
            match notice:
                case Event():
                    text = self.live.as_json(notice)
                case Reset():
                    text = _RESET
                case Quiet():
                    # Pings are the server's.
                    continue
            async with asyncio.timeout(_TAKES_WITHIN):
                await socket.send_text(text)


def _must_come_from_ours(socket: WebSocket) -> None:
    """Only browsers name an origin, and they let any page connect anywhere."""
    origin = header(socket, b"origin")
    allowed: frozenset[str] = socket.app.state.origins
    if origin is None or "*" in allowed or origin in allowed:
        return
    if origin.partition("://")[2] != header(socket, b"host"):
        raise PermissionDenied("Pages of this origin may not connect.")


async def _listen(socket: WebSocket) -> None:
    """There is nothing to say any more, and no end of saying it would be a burden."""
    loop = asyncio.get_running_loop()
    second, messages = loop.time(), 0
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if loop.time() - second >= 1:
            second, messages = loop.time(), 0
        messages += 1
        if messages > _MOST_MESSAGES:
            raise _Refused


def _since(socket: WebSocket) -> EventId | None:
    try:
        query = FollowQuery.model_validate(dict(socket.query_params))
    except ValidationError:
        raise Invalid.field("since", "uuid_parsing", "must be the id of an event") from None
    return _last_seen(socket, query.since)


async def _admission_by_header(socket: WebSocket) -> Admission | None:
    """None where there are no credentials at all, which may still come. A request within the limit
    for all like any other."""
    limit, stranger = services_of(socket)[RequestLimit], placed(ANONYMOUS, socket)
    if header(socket, b"authorization") is None and header(socket, b"x-api-key") is None:
        limit.admit(stranger)
        return None
    try:
        admission = admission_of(socket)
        actor = await admission.actor()
    except DomainError:
        limit.admit(stranger)
        raise
    limit.admit(placed(actor, socket))
    return admission


async def _admission_by_message(socket: WebSocket) -> Admission:
    async with asyncio.timeout(_AUTH_WITHIN):
        message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    text = message.get("text") or ""
    try:
        first = strict_json.parse(text.encode(errors="surrogatepass"))
    except ValueError:
        raise _Refused from None
    if not isinstance(first, dict) or first.get("type") != "auth":
        raise _Refused
    token = first.get("token")
    if not isinstance(token, str):
        raise _Refused
    return services_of(socket)[AuthenticateHandler].admit(token)


async def _deny(socket: WebSocket, failure: Exception) -> None:
    """With the same answer as any other request."""
    if not isinstance(failure, DomainError | HttpProblem):
        raise TypeError("nothing else is a problem") from failure
    await socket.send_denial_response(problem_response(failure, socket.scope["request_id"]))


async def _close(socket: WebSocket) -> None:
    try:
        async with asyncio.timeout(_CLOSES_WITHIN):
            await socket.close(POLICY_VIOLATION)
    except TimeoutError:
        cut(socket.scope)
    except (RuntimeError, WebSocketDisconnect):
        # Closed by the other side in the meantime.
        return
