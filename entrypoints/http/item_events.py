"""What happens to items, as it happens: by Server-Sent Events, and by WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import attrs
from fastapi import FastAPI, Query, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketState

from application.auth.admission import Admission
from application.auth.authenticate import AuthenticateHandler
from application.items.follow_items import FollowItems, FollowItemsHandler, Notice, Quiet, Reset
from application.items.item_feed import FellBehind, ItemFeed
from application.items.views import ItemEventView
from application.throttling.request_limit import RequestLimit
from domain.access import ANONYMOUS, Permission, PermissionDenied
from domain.errors import DomainError, Invalid
from domain.items import ItemEventId, ItemEventType, TooManyFollowers
from entrypoints import strict_json
from entrypoints.http.errors import FAILURES
from entrypoints.http.headers import header
from entrypoints.http.items.shapes import ItemShape
from entrypoints.http.problems import HttpProblem, problem_response
from entrypoints.http.routing import API_V1_STR, declared, own_or, router_of
from entrypoints.http.schemas import Id, Shape
from entrypoints.http.streams import cut, gone, until_first
from entrypoints.http.wiring import CurrentActor, admission_of, placed, services_of
from entrypoints.settings.schema import Settings

PATH = f"{API_V1_STR}/items/events"
POLICY_VIOLATION = 1008
_RECONNECT_AFTER = 1000
"""Milliseconds, as Server-Sent Events are told."""
# Seconds: for the first message, for an event to be taken, and for the end to be.
_AUTH_WITHIN = 5.0
_TAKES_WITHIN = 10.0
_CLOSES_WITHIN = 1.0
_MOST_MESSAGES = 20
"""A second, of whoever follows by WebSocket."""

router = router_of("items")


class ItemEventShape(Shape):
    id: Id
    type: ItemEventType
    item: ItemShape


_EVENT: TypeAdapter[ItemEventShape] = TypeAdapter(ItemEventShape)
_RESET = json.dumps({"type": "reset"})


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


class EventStream(Response):
    media_type = "text/event-stream"

    def __init__(self, request: Request, since: ItemEventId | None, *, stays: bool) -> None:
        self._request = request
        self._since = since
        self._stays = stays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = services_of(self._request)
        admission = admission_of(self._request)
        async with services[ItemFeed].joined() as follower:
            command = FollowItems(follower=follower, since=self._since, stays=self._stays)
            async with services[FollowItemsHandler](command, admission) as notices:
                # The body, of which there is none, so that the next message is the end.
                await receive()
                await send(
                    {"type": "http.response.start", "status": 200, "headers": [*_STREAM_HEADERS]}
                )
                if scope["method"] != "HEAD":
                    await until_first(
                        _stream(notices, send, scope), gone(receive), _server_stops(scope)
                    )
        await send({"type": "http.response.body", "body": b""})


@router.get(
    PATH,
    status_code=200,
    response_class=EventStream,
    summary="Follow items",
    **declared(
        own_or(Permission.ITEMS_READ),
        TooManyFollowers,
        extra={"parameters": [_LAST_EVENT_ID]},
    ),
)
async def follow_items(
    query: Annotated[FollowQuery, Query()], request: Request, _: CurrentActor
) -> Response:
    """What happens to one's own items, or with `items:read` to everyone's, as Server-Sent Events
    `item.created`, `item.updated`, `item.deleted` and `item.restored` with the data
    `{"id", "type", "item"}`. Events are kept for a day: with `since` or `Last-Event-ID` none is
    missed and none told twice. Where the last one seen is not known any more, an event `reset`
    comes first: load the items anew. The answer ends when the credentials do.

    By **WebSocket** at the same path (`wss:`) the same comes as JSON messages. Credentials go into
    the headers as everywhere, or within 5 s into a first message `{"type": "auth", "token"}`; the
    connection closes with 1008 when they end, and with 1012 when the server restarts. At most 5
    connections an account, frames of 64 KiB and 20 messages a second."""
    return EventStream(request, _last_seen(request, query.since), stays=query.follow)


def _last_seen(request: HTTPConnection, since: UUID | None) -> ItemEventId | None:
    if since is not None:
        return ItemEventId(since)
    last_event_id = header(request, b"last-event-id")
    if not last_event_id:
        return None
    try:
        return ItemEventId(UUID(last_event_id))
    except ValueError:
        # Of no event of ours, and answered like one that is not kept any more.
        return ItemEventId(UUID(int=0))


async def _stream(notices: AsyncIterator[Notice], send: Send, scope: Scope) -> None:
    await send(_chunk(f"retry: {_RECONNECT_AFTER}\n\n"))
    try:
        async for notice in notices:
            async with asyncio.timeout(_TAKES_WITHIN):
                await send(_chunk(_as_server_sent(notice)))
    except (FellBehind, DomainError):
        # Whoever connects again goes on where they were, or is told why they may not.
        return
    except TimeoutError:
        cut(scope)


def _as_server_sent(notice: Notice) -> str:
    match notice:
        case ItemEventView():
            return f"id: {notice.id}\nevent: {notice.type.value}\ndata: {_as_json(notice)}\n\n"
        case Reset():
            # Without an id any more, or the next connection would be reset as well.
            return f"id:\nevent: reset\ndata: {_RESET}\n\n"
        case Quiet():
            return ":\n\n"


def _as_json(event: ItemEventView) -> str:
    shape = _EVENT.validate_python(event, from_attributes=True)
    return _EVENT.dump_json(shape).decode()


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
class FollowBySocket:
    """The WebSocket at the same path."""

    origins: frozenset[str]
    """From which pages browsers may connect; those of the host itself always may."""

    async def __call__(self, socket: WebSocket) -> None:
        services = services_of(socket)
        try:
            self._must_come_from_ours(socket)
            since = _since(socket)
            admission = await _admission_by_header(socket)
        except FAILURES as failure:
            await _deny(socket, failure)
            return
        # Whatever happens from here on is told, also where the token comes later.
        async with services[ItemFeed].joined() as follower:
            command = FollowItems(follower=follower, since=since)
            try:
                if admission is None:
                    await socket.accept()
                    admission = await _admission_by_message(socket)
                await _follow(socket, command, admission)
            except (DomainError, FellBehind, _Refused) as refusal:
                if socket.application_state is WebSocketState.CONNECTING:
                    await _deny(socket, refusal)
                else:
                    await _close(socket)
            except TimeoutError:
                await _close(socket)
            except WebSocketDisconnect:
                return

    def _must_come_from_ours(self, socket: WebSocket) -> None:
        """Only browsers name an origin, and they let any page connect anywhere."""
        origin = header(socket, b"origin")
        if origin is None or "*" in self.origins or origin in self.origins:
            return
        if origin.partition("://")[2] != header(socket, b"host"):
            raise PermissionDenied("Pages of this origin may not connect.")


def add_item_events_socket(app: FastAPI, settings: Settings) -> None:
    origins = frozenset(settings.backend_cors_origins)
    app.router.routes.append(WebSocketRoute(PATH, FollowBySocket(origins).__call__))


async def _follow(socket: WebSocket, command: FollowItems, admission: Admission) -> None:
    async with services_of(socket)[FollowItemsHandler](command, admission) as notices:
        if socket.application_state is WebSocketState.CONNECTING:
            await socket.accept()
        await until_first(_tell(socket, notices), _listen(socket))


async def _tell(socket: WebSocket, notices: AsyncIterator[Notice]) -> None:
    async for notice in notices:
        match notice:
            case ItemEventView():
                text = _as_json(notice)
            case Reset():
                text = _RESET
            case Quiet():
                # Pings are the server's.
                continue
        async with asyncio.timeout(_TAKES_WITHIN):
            await socket.send_text(text)


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


def _since(socket: WebSocket) -> ItemEventId | None:
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
