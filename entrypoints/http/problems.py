"""Every failure as a problem (RFC 9457), from one table."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import singledispatch
from http import HTTPStatus
from typing import ClassVar, TypeVar

import attrs
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from domain.access import CredentialsMissing
from domain.errors import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    Mistaken,
    NotFound,
    Stale,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from domain.throttling import Throttled
from domain.totp import MfaRequired

MEDIA_TYPE = "application/problem+json"

Kind = TypeVar("Kind")

STATUS: Mapping[type[DomainError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    TooLarge: 413,
    Mistaken: 422,
    TooMany: 429,
    Unavailable: 503,
}
"""The whole map from kinds of error to HTTP."""


class HttpProblem(HTTPException):
    """What goes wrong with the request itself, before or beside any use case."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self, detail: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(self.status, detail or f"{self.title}.", headers)


class MalformedJson(HttpProblem):
    """The body is not JSON as RFC 8259 has it: UTF-8, no NaN or Infinity, no duplicate keys, and
    nested no deeper than 32 levels."""

    status = 400
    code = "malformed_json"
    title = "The body is not well-formed JSON"


class MalformedRequest(HttpProblem):
    """What arrived is no HTTP/1.1 request as RFC 9112 has it, or can be read in more than one way,
    such as one with both `Content-Length` and `Transfer-Encoding`. The connection is closed."""

    status = 400
    code = "malformed_request"
    title = "The request is not well-formed HTTP"


class BadHost(HttpProblem):
    """The `Host` header is missing, doubled, or names a host that this service does not serve."""

    status = 400
    code = "bad_host"
    title = "The host is not served here"


class RouteNotFound(HttpProblem):
    """There is nothing at this path. The OpenAPI document lists what there is."""

    status = 404
    code = "not_found"
    title = "Nothing is here"


class MethodNotAllowed(HttpProblem):
    """The path exists, but not for this method. `Allow` lists those it has."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class NotAcceptable(HttpProblem):
    """`Accept` leaves out every media type that this route can answer with."""

    status = 406
    code = "not_acceptable"
    title = "Not acceptable"


class RequestTimeout(HttpProblem):
    """The request did not arrive in time, its headers or its body. Send it again."""

    status = 408
    code = "request_timeout"
    title = "The request took too long to arrive"


class PayloadTooLarge(HttpProblem):
    """The body is larger than this service accepts."""

    status = 413
    code = "payload_too_large"
    title = "The body is too large"


class UnsupportedMediaType(HttpProblem):
    """`Content-Type` is missing or is none that this route reads."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class HeadersTooLarge(HttpProblem):
    """The request line and the headers are together larger than this service accepts."""

    status = 431
    code = "headers_too_large"
    title = "The headers are too large"


class InternalError(HttpProblem):
    """A bug in the service. It has been logged under the request's id; please report that id."""

    status = 500
    code = "internal_error"
    title = "Internal error"


# RFC 6749 §5.2 and RFC 6750 §3.1: what plain OAuth 2 clients look at.
_OAUTH_ERRORS = {
    "not_authenticated": "invalid_token",
    "invalid_credentials": "invalid_grant",
    "inactive_user": "invalid_grant",
    # No word of a standard, but the one that others use.
    "mfa_required": "mfa_required",
    "unsupported_grant_type": "unsupported_grant_type",
    "token_expired": "invalid_token",
    "token_revoked": "invalid_token",
}
# The same where tokens are given out: no token opens the door there, one is traded for others.
_OAUTH_GRANT_ERRORS = _OAUTH_ERRORS | {
    "validation_error": "invalid_request",
    "malformed_json": "invalid_request",
    "unsupported_media_type": "invalid_request",
    "token_expired": "invalid_grant",
    "token_revoked": "invalid_grant",
}


@attrs.frozen
class ProblemType:
    """One entry of the catalogue."""

    code: str
    status: int
    title: str
    description: str


def status_of(error: type[DomainError]) -> int:
    for kind in error.__mro__:
        if kind in STATUS:
            return STATUS[kind]
    raise LookupError(f"{error.__name__} is of no kind that HTTP knows")


def problem_type(error: type[DomainError] | type[HttpProblem]) -> ProblemType:
    status = error.status if issubclass(error, HttpProblem) else status_of(error)
    description = " ".join((error.__doc__ or "").split())
    return ProblemType(error.code, status, error.title, description)


def catalogue() -> dict[str, ProblemType]:
    """Every problem the service can answer with, by code."""
    kinds: list[type[DomainError | HttpProblem]] = []
    kinds += _subclasses(DomainError)
    kinds += _subclasses(HttpProblem)
    types = [problem_type(kind) for kind in kinds if "code" in vars(kind)]
    return {each.code: each for each in sorted(types, key=lambda each: (each.status, each.code))}


def _subclasses(kind: type[Kind]) -> Iterator[type[Kind]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


@singledispatch
def members_of(_error: DomainError | HttpProblem) -> Mapping[str, object]:
    """What is told of this one besides (RFC 9457 §3.2)."""
    return {}


@members_of.register
def _(error: Invalid) -> Mapping[str, object]:
    return {"errors": [field_error(each) for each in error.errors]} if error.errors else {}


@members_of.register
def _(error: MfaRequired) -> Mapping[str, object]:
    return {"mfa_token": error.mfa_token}


def problem_response(
    error: DomainError | HttpProblem, request_id: str, *, of_a_grant: bool = False
) -> Response:
    status = error.status if isinstance(error, HttpProblem) else status_of(type(error))
    body: dict[str, object] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
    }
    body |= members_of(error)
    oauth_error = (_OAUTH_GRANT_ERRORS if of_a_grant else _OAUTH_ERRORS).get(error.code)
    if isinstance(error, CredentialsMissing):
        # Nothing is wrong with what was not sent.
        oauth_error = None
    if oauth_error is not None:
        body |= {"error": oauth_error, "error_description": error.detail}
    return Response(
        json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        status_code=status,
        headers=_headers(error, oauth_error),
        media_type=MEDIA_TYPE,
    )


def _headers(error: DomainError | HttpProblem, oauth_error: str | None) -> dict[str, str]:
    if isinstance(error, HttpProblem):
        return dict(error.headers or {})
    if isinstance(error, Throttled):
        return _rate_limit_headers(error)
    if isinstance(error, TooMany | Unavailable):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unauthenticated):
        challenge = "Bearer"
        if oauth_error == "invalid_token":
            challenge = f'Bearer error="invalid_token", error_description="{error.title}"'
        return {"WWW-Authenticate": challenge}
    return {}


def _rate_limit_headers(error: Throttled) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers-10 §3 and §4 have them."""
    limit = error.limit
    window = int(limit.window.total_seconds())
    return {
        "Retry-After": str(error.retry_after),
        "RateLimit-Policy": f'"{limit.name}";q={limit.quota};w={window}',
        "RateLimit": f'"{limit.name}";r=0;t={error.retry_after}',
    }


def field_error(error: FieldError) -> dict[str, str]:
    return {"field": error.field, "code": error.code, "detail": error.detail}


_CODE = re.compile(r"`([^`]+)`")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1><p><code>{code}</code>, HTTP {status} {phrase}</p>
<p>{description}</p></main></body></html>
"""


def problem_page(entry: ProblemType) -> HTMLResponse:
    """What `type` of a problem leads to."""
    fields = attrs.asdict(entry) | {"phrase": HTTPStatus(entry.status).phrase}
    escaped = {key: html.escape(str(value)) for key, value in fields.items()}
    escaped["description"] = _CODE.sub(r"<code>\1</code>", escaped["description"])
    return HTMLResponse(_PAGE.format(**escaped))
