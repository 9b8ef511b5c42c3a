"""What every route declares, and how strictly it reads."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias, TypedDict

import attrs
from fastapi import Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute, APIRouter

from domain.access import Permission
from domain.errors import DomainError
from domain.text import Json
from entrypoints import strict_json
from entrypoints.http.problems import (
    MEDIA_TYPE,
    HttpProblem,
    MalformedJson,
    NotAcceptable,
    ProblemType,
    UnsupportedMediaType,
    problem_type,
)
from entrypoints.http.wiring import Endpoint, with_services

API_V1_STR = "/api/v1"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Handler: TypeAlias = Callable[[Request], Coroutine[object, object, Response]]


@attrs.frozen
class Access:
    """Who may call a route, for the OpenAPI document; the use case is who enforces it."""

    rule: str
    permission: Permission | None = None


PUBLIC = Access("public")
SIGNED_IN = Access("signed-in")


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


class Declaration(TypedDict):
    responses: dict[int | str, dict[str, object]]
    openapi_extra: dict[str, object]


def declared(
    access: Access,
    *problems: type[DomainError] | type[HttpProblem],
    conditional: bool = False,
    extra: Mapping[str, object] | None = None,
) -> Declaration:
    """Who may call, and the problems of this route besides those that every route has; where it
    is conditional, a caller who has the answer already is told so."""
    responses: dict[int | str, dict[str, object]] = {}
    if conditional:
        responses[304] = {"description": "The caller has it already."}
        extra = {"parameters": [_IF_NONE_MATCH], **(extra or {})}
    for problem in problems:
        document_problem(responses, problem_type(problem))
    openapi: dict[str, object] = {"x-access": access.rule, **(extra or {})}
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


class StrictRoute(APIRoute):
    """Gives an endpoint its use cases, refuses a body of another type, and answers only who takes
    the type it has."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        if options.get("status_code") == HTTPStatus.NO_CONTENT:
            # FastAPI's own kind would name a type for the body that is not there.
            options["response_class"] = Response
        super().__init__(path, with_services(endpoint), **options)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        accepted = _accepted(self)
        answers = _answers(self)

        async def handle_strictly(request: Request) -> Response:
            accept = request.headers.get("accept", "*/*")
            if "*/*" not in accept and accept and answers not in accept.lower():
                raise NotAcceptable
            if accepted is None:
                return await handle(request)
            if content_type(request) not in accepted and _has_body(request):
                raise UnsupportedMediaType(f"Send {' or '.join(sorted(accepted))}.")
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly


def _accepted(route: APIRoute) -> frozenset[str] | None:
    if route.body_field is None:
        return None
    return frozenset({getattr(route.body_field.field_info, "media_type", JSON)})


def _answers(route: APIRoute) -> str:
    """The first half of its media type; `Accept` seldom goes into more detail."""
    chosen = route.response_class
    kind = chosen.value if isinstance(chosen, DefaultPlaceholder) else chosen
    return (kind.media_type or JSON).partition("/")[0] + "/"


def content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _has_body(request: Request) -> bool:
    return (
        "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
    )


def router_of(feature: str, *, prefix: str = "") -> APIRouter:
    """A feature's router: its word is the tag, a route's function name its operation id."""
    return APIRouter(
        prefix=prefix,
        tags=[feature],
        route_class=StrictRoute,
        generate_unique_id_function=lambda route: route.name,
    )


class StrictRequest(Request):
    """JSON by the letter: UTF-8, no duplicate keys, no NaN, not nested without end."""

    async def json(self) -> Json:
        return parse_json(await self.body())


def parse_json(body: bytes) -> Json:
    """Raise `MalformedJson`."""
    try:
        return strict_json.parse(body)
    except ValueError:
        raise MalformedJson from None
