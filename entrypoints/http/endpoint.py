"""From a request to an endpoint's arguments, and from its result to an answer.

FastAPI works out at every request what a route needs. Here it is worked out once, from the same
declarations that the OpenAPI document is made of, for the kinds of parameter that our routes have;
any other is refused when the route is made.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import parse_qsl

import attrs
from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from domain.errors import Invalid
from domain.text import Json
from entrypoints import strict_json
from entrypoints.http.headers import header, list_header
from entrypoints.http.problems import MalformedJson, UnsupportedMediaType

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_MAX_FORM_FIELDS = 100

Endpoint: TypeAlias = Callable[..., Awaitable[object]]
Errors: TypeAlias = list[dict[str, object]]
Arguments: TypeAlias = dict[str, object]
Links: TypeAlias = Callable[[Request, Mapping[str, object], object], bytes | None]
"""Of a list: to its other pages, from what was asked and what is answered."""


@attrs.frozen
class Parameters:
    """What one endpoint, or one dependency of it, is called with."""

    dependencies: tuple[tuple[str, Endpoint, "Parameters"], ...]
    path: tuple[ModelField, ...]
    query: ModelField | None
    headers: tuple[ModelField, ...]
    request_name: str | None

    @classmethod
    def of(cls, dependant: Dependant) -> "Parameters":
        """Raise `TypeError` for what is declared and would not be filled in."""
        unknown = (
            dependant.cookie_params,
            dependant.websocket_param_name,
            dependant.http_connection_param_name,
            dependant.background_tasks_param_name,
            dependant.security_scopes_param_name,
            dependant.query_params[1:],
        )
        call = dependant.call
        if any(unknown) or call is None or not _is_asynchronous(call):
            raise TypeError(f"{call!r} declares what no route of ours can give it")
        return cls(
            dependencies=tuple(
                (each.name or "", _called(each), cls.of(each)) for each in dependant.dependencies
            ),
            path=tuple(dependant.path_params),
            query=dependant.query_params[0] if dependant.query_params else None,
            headers=tuple(dependant.header_params),
            request_name=dependant.request_param_name,
        )

    async def read(self, request: Request, errors: Errors) -> Arguments:
        """The arguments by name; what does not validate is added to `errors` and left out."""
        arguments: Arguments = {}
        for name, call, parameters in self.dependencies:
            known_errors = len(errors)
            given = await parameters.read(request, errors)
            if len(errors) == known_errors:
                arguments[name] = await call(**given)
        for field in self.path:
            value = request.path_params[field.alias]
            _validate(field, value, ("path", field.alias), arguments, errors)
        if self.query is not None:
            query = dict(request.query_params) if request.scope["query_string"] else {}
            _validate(self.query, query, ("query",), arguments, errors)
        for field in self.headers:
            value = list_header(request, field.alias.encode())
            if value is None:
                arguments[field.name] = field.default
            else:
                _validate(field, value, ("header", field.alias), arguments, errors)
        if self.request_name is not None:
            arguments[self.request_name] = request
        return arguments


@attrs.frozen
class Body:
    """A request body as one model."""

    field: ModelField

    @property
    def media_type(self) -> str:
        return FORM if isinstance(self.field.field_info, Form) else JSON

    async def read(self, request: Request, arguments: Arguments, errors: Errors) -> None:
        """Raise `UnsupportedMediaType` or `MalformedJson` for what can't be read at all."""
        if content_type(request) != self.media_type and has_body(request):
            raise UnsupportedMediaType(f"Send {self.media_type}.")
        if self.media_type == FORM:
            value: object = parse_form(await _whole_body(request))
        else:
            text = await _whole_body(request)
            if not text and not self.field.field_info.is_required():
                arguments[self.field.name] = self.field.default
                return
            if not text:
                errors.append({"type": "missing", "loc": ("body",), "msg": "Field required"})
                return
            value = parse_json(text)
        _validate(self.field, value, ("body",), arguments, errors)


@attrs.frozen
class Shown:
    """What an endpoint answers with, read off its result by name."""

    model: TypeAdapter[object]

    def written(self, result: object) -> bytes:
        # Past the adapter's own methods, which pass on a dozen arguments that are never given.
        value = self.model.validator.validate_python(result, from_attributes=True)
        return self.model.serializer.to_json(value, by_alias=True)


@attrs.frozen
class Exchange:
    """All that a route does with a request."""

    endpoint: Endpoint
    services: Callable[[Request], Mapping[str, object]]
    """What the wiring gives, by the names of the parameters."""
    parameters: Parameters
    body: Body | None
    response_name: str | None
    status_code: int
    shown: "Shown | None"
    links: "Links | None"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        answer = await self.answered(request, await self.asked(request))
        await answer(scope, receive, send)

    async def asked(self, request: Request) -> Arguments:
        """What the endpoint is called with. Raise `RequestValidationError`."""
        errors: Errors = []
        arguments = await self.parameters.read(request, errors)
        if self.body is not None:
            await self.body.read(request, arguments, errors)
        if errors:
            raise RequestValidationError(errors)
        arguments.update(self.services(request))
        return arguments

    async def answered(self, request: Request, arguments: Arguments) -> Response:
        answer = Answer(self.status_code)
        if self.response_name is not None:
            arguments[self.response_name] = answer
        result = await self.endpoint(**arguments)
        if isinstance(result, Response):
            return result
        if self.links is not None:
            links = self.links(request, arguments, result)
            if links is not None:
                answer.raw_headers.append((b"link", links))
        answer.complete(b"" if self.shown is None else self.shown.written(result))
        return answer


class Answer(Response):
    """Headers by the endpoint, the body when it is done."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.raw_headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.background = None

    def complete(self, body: bytes) -> None:
        self.body = body
        if body:
            self.raw_headers.append((b"content-type", b"application/json"))
        if self.status_code != HTTPStatus.NO_CONTENT:
            self.raw_headers.append((b"content-length", str(len(body)).encode()))

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": self.body})


async def _whole_body(request: Request) -> bytes:
    """Its size is the edge's to limit."""
    chunks: list[bytes] = []
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def content_type(request: Request) -> str:
    return (header(request, b"content-type") or "").partition(";")[0].strip().lower()


def has_body(request: Request) -> bool:
    length, encoding = header(request, b"content-length"), header(request, b"transfer-encoding")
    return encoding is not None or length not in {None, "0"}


def parse_json(body: bytes) -> Json:
    """Raise `MalformedJson`."""
    try:
        return strict_json.parse(body)
    except ValueError:
        raise MalformedJson from None


def parse_form(body: bytes) -> dict[str, str]:
    """Raise `Invalid` for what is not UTF-8 (RFC 6749 appendix B), and for a field that is there
    twice (§3.2): others would take the one that we leave."""
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FORM_FIELDS
        )
    except ValueError:
        raise Invalid("The form is not UTF-8, or has too many fields.") from None
    if len(fields) > len(dict(fields)):
        raise Invalid("The form has a field twice.")
    return dict(fields)


def _validate(
    field: ModelField,
    value: object,
    location: tuple[str, ...],
    arguments: Arguments,
    errors: Errors,
) -> None:
    validated, refusals = field.validate(value, {}, loc=location)
    if refusals:
        errors.extend(refusals)
    else:
        arguments[field.name] = validated


def _called(dependant: Dependant) -> Endpoint:
    if dependant.call is None:
        raise TypeError("a dependency without anything to call")
    return dependant.call


def _is_asynchronous(call: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
