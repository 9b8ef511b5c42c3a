"""What every route declares, and how strictly it reads."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypedDict

import attrs
from fastapi import Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute, APIRouter
from pydantic import TypeAdapter
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.access import Permission, PermissionDenied
from domain.errors import DomainError, Forbidden
from domain.passwords import WrongPassword
from domain.throttling import AccountLocked
from entrypoints.http import idempotency
from entrypoints.http.compression import Compressed
from entrypoints.http.endpoint import JSON, Body, Endpoint, Exchange, Parameters, Shown
from entrypoints.http.idempotency import RepeatableExchange, handlers_of
from entrypoints.http.links import links
from entrypoints.http.problems import (
    MEDIA_TYPE,
    HttpProblem,
    NotAcceptable,
    ProblemType,
    problem_type,
)
from entrypoints.http.refusals import record_refusal
from entrypoints.http.schemas import ListQuery
from entrypoints.http.wiring import services_for, without_injected

API_V1_STR = "/api/v1"


@attrs.frozen
class Access:
    """Who may call a route, for the OpenAPI document; the use case is who enforces it."""

    rule: str
    permission: Permission | None = None


PUBLIC = Access("public")
SIGNED_IN = Access("signed-in")
IN_PERSON = Access("in-person")
"""Signed in; programs with an API key are refused."""


def needs(permission: Permission) -> Access:
    return Access("permission", permission)


def own_or(permission: Permission) -> Access:
    """What is the caller's own, or anyone's with the permission."""
    return Access("own-or-permission", permission)


_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what the caller has; 304 where nothing is newer.",
    "schema": {"type": "string", "title": "If-None-Match"},
}


_REPEATABLE = "x-repeatable"
MAKES_MANY = "x-makes-many"
"""Of a route whose 201 is not about one resource, which would have a `Location`."""
_COMPRESSED = "x-compressed"


class Declaration(TypedDict):
    responses: dict[int | str, dict[str, object]]
    openapi_extra: dict[str, object]


def declared(
    access: Access,
    *problems: type[DomainError] | type[HttpProblem],
    conditional: bool = False,
    repeatable: bool = False,
    compressed: bool = False,
    parameters: Sequence[Mapping[str, object]] = (),
    extra: Mapping[str, object] | None = None,
) -> Declaration:
    """Who may call, and the problems of this route besides those that every route has. Where it is
    conditional, a caller who has the answer already is told so; where it is repeatable, it is done
    once for each `Idempotency-Key`; where it is compressed, it must hold no secret. `parameters`
    are those that it reads off the request itself."""
    responses: dict[int | str, dict[str, object]] = {}
    if WrongPassword in problems:
        # Wherever a password is asked for, wrong ones are counted.
        problems = (*problems, AccountLocked)
    if conditional:
        responses[304] = {"description": "The caller has it already."}
        parameters = [_IF_NONE_MATCH, *parameters]
    if compressed:
        extra = {_COMPRESSED: True, **(extra or {})}
    if repeatable:
        problems = (*problems, *idempotency.PROBLEMS)
        parameters = [idempotency.PARAMETER, *parameters]
        extra = {_REPEATABLE: True, **(extra or {})}
    if access is IN_PERSON and PermissionDenied not in problems:
        problems = (*problems, PermissionDenied)
    for problem in problems:
        document_problem(responses, problem_type(problem))
    openapi: dict[str, object] = {"x-access": access.rule, **(extra or {})}
    if parameters:
        openapi["parameters"] = [*parameters]
    if access.permission is not None:
        openapi["x-permission"] = access.permission.value
    return Declaration(responses=responses, openapi_extra=openapi)


def document_problem(responses: dict[int | str, dict[str, object]], problem: ProblemType) -> None:
    """Add one problem to an OpenAPI responses object."""
    response = responses.setdefault(problem.status, {"description": "", "content": {}})
    content = response.setdefault("content", {})
    if not isinstance(content, dict):
        raise TypeError("content is an object")
    media = content.setdefault(
        MEDIA_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
    )
    media["examples"][problem.code] = {
        "summary": problem.title,
        "value": {
            "type": f"/problems/{problem.code}",
            "title": problem.title,
            "status": problem.status,
            "detail": f"{problem.title}.",
            "code": problem.code,
            "request_id": "6a1c3b0e9f5d4f1c8a7e2d4b5c6f7a81",
        },
    }
    response["description"] = ", ".join(f"`{code}`" for code in media["examples"])


class Route(APIRoute):
    """Declares itself to FastAPI, for matching and for the OpenAPI document, and serves its
    requests by an `Exchange` of its own."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        if options.get("status_code") in {HTTPStatus.NO_CONTENT, HTTPStatus.ACCEPTED}:
            # FastAPI's own kind would name a type for the body that is not there.
            options["response_class"] = Response
        if "GET" in options["methods"]:
            # As RFC 9110 §9.1 asks of everyone; the server leaves the body out.
            options["methods"] = {"GET", "HEAD"}
        super().__init__(path, without_injected(endpoint), **options)
        dependant = self.dependant
        exchange_of: Callable[..., Exchange] = Exchange
        if _REPEATABLE in (self.openapi_extra or {}):
            exchange_of = partial(
                RepeatableExchange, operation=self.name, handlers=handlers_of(endpoint)
            )
        exchange = exchange_of(
            endpoint=endpoint,
            services=services_for(endpoint),
            parameters=Parameters.of(dependant),
            body=None if self.body_field is None else Body(self.body_field),
            response_name=dependant.response_param_name,
            status_code=self.status_code or HTTPStatus.OK,
            shown=None if self.response_field is None else Shown(TypeAdapter(self.response_model)),
            links=links if _has_pages(self) else None,
        )
        answers = _answers(self)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            for name, value in scope["headers"]:
                if name == b"accept" and value and not accepts(value, answers):
                    raise NotAcceptable
            try:
                await exchange(scope, receive, send)
            except Forbidden as refusal:
                await record_refusal(refusal, self.name, scope)
                raise

        self.app: ASGIApp = Compressed(serve) if _is_compressed(self) else serve


def _is_compressed(route: APIRoute) -> bool:
    """Lists are, but for those of credentials."""
    is_open = not route.path.startswith(f"{API_V1_STR}/auth/")
    return _COMPRESSED in (route.openapi_extra or {}) or (is_open and _has_pages(route))


def _has_pages(route: APIRoute) -> bool:
    kinds = [each.field_info.annotation for each in route.dependant.query_params]
    return any(isinstance(kind, type) and issubclass(kind, ListQuery) for kind in kinds)


def accepts(accept: bytes, answers: Collection[bytes]) -> bool:
    """Whether that header allows for one of these, which are the first halves of media types."""
    return b"*/*" in accept or any(each in accept.lower() for each in answers)


def _answers(route: APIRoute) -> frozenset[bytes]:
    """The first halves of its media types; `Accept` seldom goes into more detail."""
    chosen = route.response_class
    kind = chosen.value if isinstance(chosen, DefaultPlaceholder) else chosen
    media_types = {kind.media_type or JSON}
    if kind is Response:
        responses = (route.openapi_extra or {}).get("responses", {})
        media_types |= {each for answer in responses.values() for each in answer.get("content", ())}
    return frozenset(f"{each.partition('/')[0].strip('*')}/".encode() for each in media_types)


def router_of(feature: str, *, prefix: str = "") -> APIRouter:
    """A feature's router: its word is the tag, a route's function name its operation id."""
    return APIRouter(
        prefix=prefix,
        tags=[feature],
        route_class=Route,
        generate_unique_id_function=lambda route: route.name,
    )
