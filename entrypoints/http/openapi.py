"""The OpenAPI document: FastAPI's, made to say exactly what the service does."""

import copy
import json
from collections.abc import Collection, Iterator

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from domain.access import EmailNotVerified, NotAuthenticated
from domain.auth import TokenExpired, TokenRevoked
from domain.errors import Conflict, DomainError, Invalid, Unavailable
from domain.throttling import RateLimited
from domain.users import InactiveUser
from entrypoints.http import links
from entrypoints.http.auth.sign_in import RefreshGrant
from entrypoints.http.endpoint import JSON
from entrypoints.http.problem_shapes import Problem
from entrypoints.http.problems import (
    BadHost,
    HeadersTooLarge,
    HttpProblem,
    InternalError,
    MalformedJson,
    NotAcceptable,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
    problem_type,
)
from entrypoints.http.routing import MAKES_MANY, document_problem

_METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token, or an API key from `POST /api/v1/auth/api-keys`.",
    },
    "api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key, for clients that can't send `Authorization`.",
    },
}
_ANSWERED_BY_ALL: tuple[type[DomainError] | type[HttpProblem], ...] = (
    BadHost,
    NotAcceptable,
    HeadersTooLarge,
    InternalError,
    Unavailable,
)
_ANSWERED_TO_CALLERS: tuple[type[DomainError], ...] = (
    NotAuthenticated,
    TokenExpired,
    TokenRevoked,
    InactiveUser,
    RateLimited,
)
_ANSWERED_TO_BODIES: tuple[type[HttpProblem], ...] = (
    RequestTimeout,
    PayloadTooLarge,
    UnsupportedMediaType,
)


def document(app: FastAPI) -> dict[str, object]:
    """Made once and kept, as FastAPI does with its own."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=app.openapi_version,
            summary=app.summary,
            description=app.description,
            routes=[_documented(route) for route in app.routes],
            tags=app.openapi_tags,
        )
        _complete(made)
        app.openapi_schema = _named_for_clients(made)
    return app.openapi_schema


def _documented(route: BaseRoute) -> BaseRoute:
    """Without HEAD, which is GET without the body and needs no words."""
    if not isinstance(route, APIRoute):
        return route
    documented = copy.copy(route)
    documented.methods = (route.methods or set()) - {"HEAD"}
    return documented


def _complete(made: dict[str, object]) -> None:
    components = _object(made.setdefault("components", {}))
    schemas = _object(components.setdefault("schemas", {}))
    for foreign in ("HTTPValidationError", "ValidationError"):
        schemas.pop(foreign, None)
    for model in (Problem, RefreshGrant):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    _object(components.setdefault("securitySchemes", {})).update(_SCHEMES)
    versioned = {f"#/components/schemas/{name}" for name in schemas if _has_version(schemas[name])}
    for method, operation in _operations(made):
        _complete_operation(method, operation)
        _leave_streams_open(_object(operation["responses"]))
        makes_many = bool(operation.pop(MAKES_MANY, False))
        _describe_headers(_object(operation["responses"]), versioned, makes_many=makes_many)


def _named_for_clients(made: dict[str, object]) -> dict[str, object]:
    """With a `User` where the code says `UserShape`, to tell it from the entity: what clients are
    generated with is called so. Raise `ValueError` where two would be called alike."""
    components = _object(made["components"])
    schemas = {name: _object(each) for name, each in _object(components["schemas"]).items()}
    names = {name: _client_name(str(each["title"])) for name, each in schemas.items()}
    if len(set(names.values())) < len(names):
        raise ValueError(f"clients could not tell them apart: {sorted(names.values())}")
    components["schemas"] = {
        names[name]: each | {"title": names[name]} for name, each in schemas.items()
    }
    text = json.dumps(made)
    for name, plain in names.items():
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{plain}"')
    return _object(json.loads(text))


def _client_name(title: str) -> str:
    """A `UserPage` where pydantic has a `Page[UserShape]`."""
    kind, _, shown = title.rstrip("]").partition("[")
    return f"{shown.removesuffix('Shape')}{kind}" if shown else kind.removesuffix("Shape")


def _has_version(schema: object) -> bool:
    properties = _object(_object(schema).get("properties", {}))
    return _object(properties.get("version", {})).get("type") == "integer"


def _describe_headers(
    responses: dict[str, object], versioned: Collection[str], *, makes_many: bool
) -> None:
    """What single resources carry: their version, and where they are once made; what lists do:
    where their other pages are."""
    for status, each in responses.items():
        response = _object(each)
        json = _object(_object(response.get("content", {})).get(JSON, {}))
        shown = str(_object(json.get("schema", {})).get("$ref"))
        headers: dict[str, object] = {}
        if shown.startswith("#/components/schemas/Page_"):
            headers["Link"] = _header(links.DESCRIPTION, required=False)
        if status == "201" and not makes_many:
            headers["Location"] = _header("Where the new resource is.")
        if status == "304" or shown in versioned:
            headers["ETag"] = _header("The version, for `If-None-Match` and `If-Match`.")
        if headers:
            response["headers"] = headers


def _leave_streams_open(responses: dict[str, object]) -> None:
    """OpenAPI 3.1 has no words for a stream of events, and FastAPI's would call it one string."""
    for each in responses.values():
        stream = _object(_object(each).get("content", {})).get("text/event-stream")
        if stream is not None:
            _object(stream).clear()


def _header(description: str, *, required: bool = True) -> dict[str, object]:
    return {"description": description, "required": required, "schema": {"type": "string"}}


def _operations(made: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    for path in _object(made["paths"]).values():
        for method, operation in _object(path).items():
            if method in _METHODS:
                yield method, _object(operation)


def _complete_operation(method: str, operation: dict[str, object]) -> None:
    responses = _object(operation["responses"])
    _drop_validation_errors(responses)
    problems: list[type[DomainError | HttpProblem]] = [*_ANSWERED_BY_ALL]
    if method != "get":
        # The database may take two changes for each other's obstacle and give one of them up.
        problems.append(Conflict)
    parameters = [_object(each) for each in _list(operation)]
    # Of the headers no value is refused as such.
    if any(each["in"] != "header" for each in parameters) or operation.get("requestBody"):
        problems.append(Invalid)
    if operation.get("requestBody"):
        problems += _ANSWERED_TO_BODIES
        if JSON in _object(_object(operation["requestBody"])["content"]):
            problems.append(MalformedJson)
    if any(_is_written_json(_object(each["schema"])) for each in parameters):
        problems.append(MalformedJson)
    if operation.get("security"):
        problems += _ANSWERED_TO_CALLERS
        if "permission" in str(operation.get("x-access")):
            problems.append(EmailNotVerified)
        # Anonymous callers are welcome where the route says so.
        schemes: list[dict[str, list[str]]] = [{"password": []}, {"bearer": []}]
        if operation["x-access"] != "in-person":
            schemes.append({"api_key": []})
        operation["security"] = schemes + ([{}] if operation["x-access"] == "public" else [])
    by_status: dict[int | str, dict[str, object]] = {
        int(status): _object(response) for status, response in responses.items()
    }
    for problem in problems:
        document_problem(by_status, problem_type(problem))
    responses.clear()
    responses |= {str(status): by_status[status] for status in sorted(by_status, key=int)}


def _drop_validation_errors(responses: dict[str, object]) -> None:
    """FastAPI's own, for what is a 400 here; a 422 of ours is a problem."""
    content = _object(_object(responses.get("422", {})).get("content", {}))
    if JSON in content:
        del responses["422"]


def _is_written_json(schema: dict[str, object]) -> bool:
    options = schema.get("anyOf", [schema])
    return isinstance(options, list) and any(
        _object(each).get("contentMediaType") == JSON for each in options
    )


def _list(operation: dict[str, object]) -> list[object]:
    parameters = operation.get("parameters", [])
    return parameters if isinstance(parameters, list) else []


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("OpenAPI has an object here")
    return value
