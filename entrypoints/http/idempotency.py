"""`Idempotency-Key`: whoever does not know whether a request got through repeats it under its key
(draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import json
import re
from functools import partial
from http import HTTPStatus
from typing import TypeGuard

import attrs
from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from application.idempotency.answer_once import AnswerOnce
from application.transfers import Transfers
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.errors import Invalid
from domain.idempotency import KEY_PATTERN, IdempotencyKeyInUse, IdempotencyKeyReused, KeyedRequest
from entrypoints.http.endpoint import Arguments, Endpoint, Exchange
from entrypoints.http.headers import header
from entrypoints.http.streams import lasts, limits_of
from entrypoints.http.wiring import injected_into, services_of

PROBLEMS = (IdempotencyKeyReused, IdempotencyKeyInUse)
PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of the caller's own making, fresh for each request, such as a UUID. The same"
    " request under the same key within a day is not done again: it is answered as the first one,"
    " with `Idempotent-Replayed: true`.",
    "schema": {"type": "string", "title": "Idempotency-Key", "pattern": KEY_PATTERN},
}

_BOUNDARY = re.compile(r'boundary="?([^";,]{1,70})')
_REPLAYED = (b"idempotent-replayed", b"true")


@attrs.frozen
class RepeatableExchange(Exchange):
    """An exchange that is had once for each key, however often it is asked for."""

    operation: str
    handlers: tuple[str, ...]
    """Those arguments that begin a unit of work."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_of(scope)
        if key is None:
            await super().__call__(scope, receive, send)
        else:
            answer = await self._answered_once(key, scope, receive, send)
            await answer(scope, receive, send)

    async def _answered_once(
        self, key: str, scope: Scope, receive: Receive, send: Send
    ) -> Response:
        fingerprint = Fingerprint(scope, receive)
        request = Request(scope, fingerprint.receive, send)
        arguments = await self.asked(request)
        given: Response | None = None

        async def answering(begin: BeginUnitOfWork) -> bytes | None:
            nonlocal given
            on_it = {name: _begun_by(begin, arguments[name]) for name in self.handlers}
            given = await self.answered(request, {**arguments, **on_it})
            return _as_bytes(given) if given.status_code < HTTPStatus.MULTIPLE_CHOICES else None

        answer_once = services_of(request)[AnswerOnce]
        keyed = KeyedRequest(operation=self.operation, key=key)
        actor = _actor_in(arguments)
        kept = await answer_once(
            keyed, partial(_read_whole, request, fingerprint), answering, actor
        )
        if kept is not None:
            return _as_response(kept)
        if given is None:
            raise RuntimeError("neither kept nor answered")
        return given


@attrs.frozen
class _Handler:
    """As much of one as all have."""

    begin: BeginUnitOfWork


def handlers_of(endpoint: Endpoint) -> tuple[str, ...]:
    """Raise `TypeError` for an endpoint with nothing to keep from being done twice."""
    names = tuple(
        name
        for name, kind in injected_into(endpoint).items()
        if attrs.has(kind) and "begin" in attrs.fields_dict(kind)
    )
    if not names:
        raise TypeError(f"{endpoint!r} changes nothing that could be done twice")
    return names


def _begun_by(begin: BeginUnitOfWork, handler: object) -> object:
    if not _begins(handler):
        raise TypeError(f"{handler!r} begins no unit of work")
    return attrs.evolve(handler, begin=begin)


def _begins(handler: object) -> TypeGuard[_Handler]:
    kind = type(handler)
    return attrs.has(kind) and "begin" in attrs.fields_dict(kind)


def _actor_in(arguments: Arguments) -> Actor:
    for argument in arguments.values():
        if isinstance(argument, Actor):
            return argument
    raise TypeError("a request that can be repeated has a caller, if only a stranger")


async def _read_whole(request: Request, fingerprint: "Fingerprint") -> bytes:
    """Also where the endpoint, which would have said how long a body may be, is not asked."""
    if not fingerprint.is_whole:
        lasts(request, limits_of(services_of(request)[Transfers]))
    return await fingerprint.whole()


def _key_of(scope: Scope) -> str | None:
    keys = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    if len(keys) > 1:
        raise Invalid.field("Idempotency-Key", "duplicate", "must be there once")
    return keys[0].decode("latin-1") if keys else None


class Fingerprint:
    """A digest of a request, taken as its body is read. The boundary of a multipart body is left
    out, for clients make it up anew for each attempt."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._rest = b""
        self.is_whole = False
        request = Request(scope)
        media_type, _, parameters = (header(request, b"content-type") or "").partition(";")
        boundary = _BOUNDARY.search(parameters)
        self._boundary = b"" if boundary is None else boundary[1].encode("latin-1")
        asked = (media_type.strip().lower(), scope["path"], scope["query_string"].decode("latin-1"))
        self._digest = hashlib.sha256(json.dumps(asked).encode())

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._add(message.get("body", b""))
            if not message.get("more_body", False):
                self.is_whole = True
                self._digest.update(self._rest)
        return message

    async def whole(self) -> bytes:
        """Reads what nobody has read."""
        while not self.is_whole:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
        return self._digest.digest()

    def _add(self, chunk: bytes) -> None:
        if not self._boundary:
            self._digest.update(chunk)
            return
        *parts, rest = (self._rest + chunk).split(self._boundary)
        for part in parts:
            self._digest.update(part)
        # The boundary may go on in the next chunk.
        undecided = min(len(rest), len(self._boundary) - 1)
        self._digest.update(rest[: len(rest) - undecided])
        self._rest = rest[len(rest) - undecided :]


def _as_bytes(response: Response) -> bytes:
    headers = [[each.decode("latin-1") for each in pair] for pair in response.raw_headers]
    return json.dumps([response.status_code, headers]).encode() + b"\n" + bytes(response.body)


def _as_response(kept: bytes) -> Response:
    head, _, body = kept.partition(b"\n")
    status, headers = json.loads(head)
    response = Response(body, status)
    response.raw_headers = [
        *((name.encode("latin-1"), text.encode("latin-1")) for name, text in headers),
        _REPLAYED,
    ]
    return response
