"""How FastAPI's and the domain's failures become problems."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from domain.errors import DomainError, FieldError, Invalid
from domain.text import forbidden_character
from entrypoints.http.problems import (
    HttpProblem,
    InternalError,
    MalformedJson,
    MethodNotAllowed,
    RouteNotFound,
)

Failure: TypeAlias = DomainError | HTTPException | RequestValidationError
FAILURES = (DomainError, HTTPException, RequestValidationError)

# pydantic's messages of these kinds speak of the rule alone; the others may repeat the input.
_SAYS_NOTHING_OF_THE_INPUT = frozenset(
    {
        "missing", "string_type", "int_type", "bool_type",
        "int_parsing", "bool_parsing", "enum", "list_type", "dict_type",
        "greater_than_equal", "less_than_equal", "extra_forbidden", "timezone_aware",
        "model_attributes_type", "int_parsing_size", "int_from_float",
        "forbidden_character", "invalid_email", "out_of_range", "invalid_moment", "invalid_date",
        "invalid_decimal", "invalid_url", "wrong_type", "invalid_object",
    }
)  # fmt: skip
_LENGTHS = frozenset({"string_too_short", "string_too_long", "too_short", "too_long"})
_LOCATIONS = frozenset({"body", "query", "path", "header", "cookie"})


def field_errors(errors: Sequence[Mapping[str, object]]) -> list[FieldError]:
    return [_field_error(error) for error in errors]


def _field_error(error: Mapping[str, object]) -> FieldError:
    location = error["loc"]
    parts = list(location) if isinstance(location, tuple | list) else []
    if parts and parts[0] in _LOCATIONS:
        parts = parts[1:]
    field = ".".join(str(part) for part in parts)
    if forbidden_character(field) is not None or len(field) > 128:
        field = "?"
    code = str(error["type"])
    if code in _LENGTHS:
        return _length_error(field, code, error["ctx"])
    detail = str(error["msg"]) if code in _SAYS_NOTHING_OF_THE_INPUT else "is not valid"
    return FieldError(field or "body", code, detail)


def _length_error(field: str, code: str, limits: object) -> FieldError:
    """In the words of the domain, wherever the limit was checked."""
    if not isinstance(limits, Mapping):
        raise TypeError("pydantic names the limit")
    unit = "entries" if limits.get("field_type") == "List" else "characters"
    if code.endswith("short"):
        return FieldError(field, "too_short", f"must have at least {limits['min_length']} {unit}")
    return FieldError(field, "too_long", f"must have at most {limits['max_length']} {unit}")


def as_problem(
    failure: Failure, routes: Sequence[BaseRoute], scope: Scope
) -> DomainError | HttpProblem:
    """What Starlette and FastAPI raise themselves, as a problem of ours too."""
    if isinstance(failure, DomainError | HttpProblem):
        return failure
    if isinstance(failure, RequestValidationError):
        return _as_invalid(failure)
    if failure.status_code == 404:
        return RouteNotFound()
    if failure.status_code == 405:
        return method_not_allowed(_methods(routes, scope))
    if failure.status_code == 400:
        return Invalid("The body can't be read.")
    return InternalError()


def _as_invalid(failure: RequestValidationError) -> DomainError | HttpProblem:
    if any(each["type"] == "json_invalid" for each in failure.errors()):
        return MalformedJson()
    errors = field_errors(failure.errors())
    named = ", ".join(dict.fromkeys(each.field for each in errors))
    return Invalid(f"Not valid: {named}.", errors)


def method_not_allowed(methods: Collection[str]) -> MethodNotAllowed:
    """Where these are."""
    return MethodNotAllowed(headers={"Allow": ", ".join(sorted({*methods, "OPTIONS"}))})


def _methods(routes: Sequence[BaseRoute], scope: Scope) -> Collection[str]:
    """The methods of all routes at this path; Starlette names those of the first one only."""
    methods: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods or {"GET", "HEAD"}
