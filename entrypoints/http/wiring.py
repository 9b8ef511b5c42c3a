"""How a route gets its use case, and the caller on whose behalf it runs."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeGuard, TypeVar

import attrs
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from starlette.requests import HTTPConnection

from application.auth.admission import Admission
from application.auth.authenticate import AuthenticateHandler
from application.throttling.request_limit import RequestLimit
from domain.access import ANONYMOUS, Actor, CredentialsMissing, Origin
from domain.errors import DomainError
from entrypoints.background import Background
from entrypoints.bootstrap.running import Inside
from entrypoints.bootstrap.services import Services
from entrypoints.http.endpoint import Endpoint
from entrypoints.http.headers import header

Service = TypeVar("Service")


def inside_of(request: HTTPConnection) -> Inside:
    inside = request.app.state.inside
    if not isinstance(inside, Inside):
        raise TypeError("The application has not been started.")
    return inside


def background_of(request: HTTPConnection) -> Background:
    background = request.app.state.background
    if not isinstance(background, Background):
        raise TypeError("The application has not been started.")
    return background


def services_of(request: HTTPConnection) -> Services:
    """Looked up through the application once a request, for the caller and the endpoint alike."""
    services = request.scope.get("services")
    if not isinstance(services, Services):
        services = request.scope["services"] = inside_of(request).services
    return services


@attrs.frozen
class _Injected:
    """Marks a parameter that the wiring fills in, and FastAPI never sees."""

    kind: type


if TYPE_CHECKING:
    Inject = Annotated[Service, "resolved at start-up"]
else:

    class Inject:
        """`Inject[Handler]` is that handler."""

        def __class_getitem__(cls, kind: type) -> object:
            return Annotated[kind, _Injected(kind)]


def injected_into(endpoint: Endpoint) -> dict[str, type]:
    """Which parameters the wiring fills in, by name."""
    marked = {
        name: getattr(parameter.annotation, "__metadata__", ())
        for name, parameter in inspect.signature(endpoint).parameters.items()
    }
    return {
        name: mark.kind for name, marks in marked.items() for mark in marks if _is_injected(mark)
    }


def services_for(endpoint: Endpoint) -> Callable[[Request], dict[str, object]]:
    """What fills these parameters in: a dictionary look-up each."""
    kinds = tuple(injected_into(endpoint).items())
    if not kinds:
        return lambda _: {}

    def services_by_name(request: Request) -> dict[str, object]:
        services = services_of(request)
        return {name: services[kind] for name, kind in kinds}

    return services_by_name


def without_injected(endpoint: Endpoint) -> Endpoint:
    """The endpoint as FastAPI is to see it: with what a request brings, and nothing else."""
    signature = inspect.signature(endpoint)
    names = injected_into(endpoint)
    brought = [each for name, each in signature.parameters.items() if name not in names]

    @functools.wraps(endpoint)
    async def declaration(**arguments: object) -> object:
        return await endpoint(**arguments)

    declaration.__signature__ = signature.replace(parameters=brought)  # type: ignore[attr-defined]  # as inspect documents it
    return declaration


def _is_injected(mark: object) -> TypeGuard[_Injected]:
    return isinstance(mark, _Injected)


def _origin(request: HTTPConnection) -> Origin:
    return Origin(
        address=None if request.client is None else request.client.host,
        user_agent=header(request, b"user-agent"),
        request_id=request.scope["request_id"],
        language=header(request, b"accept-language"),
    )


async def _stranger(request: Request) -> Actor:
    return _admitted(ANONYMOUS, request)


def _admitted(actor: Actor, request: Request) -> Actor:
    """Within the limit for all requests."""
    # For whoever records a refusal. Without the origin, which knows the request: of the circle
    # that this would be, each request would leave one for the garbage collector to stop us for.
    request.scope["actor"] = actor
    actor = placed(actor, request)
    services_of(request)[RequestLimit].admit(actor)
    return actor


def placed(actor: Actor, request: HTTPConnection) -> Actor:
    """The same, calling from where the request comes from."""
    return actor.calling_from(functools.partial(_origin, request))


_API_KEY = b"x-api-key"


class _Bearer(OAuth2PasswordBearer):
    """Who holds the token or the API key, found in one step, so that a request pays for one
    dependency. `X-API-Key` is not looked at where there is an `Authorization`."""

    async def __call__(self, request: Request) -> Actor:  # type: ignore[override]  # more than the token
        try:
            actor = await _caller(request)
        except DomainError:
            # Or guesses at a token would cost nothing.
            _admitted(ANONYMOUS, request)
            raise
        return _admitted(actor, request)


async def _caller(request: Request) -> Actor:
    authenticate = services_of(request)[AuthenticateHandler]
    authorization = header(request, b"authorization")
    if authorization is None:
        return await authenticate.by_api_key(_api_key_in(request))
    return await authenticate(_token_in(authorization))


def _token_in(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise CredentialsMissing
    return token.strip()


def _api_key_in(request: HTTPConnection) -> str:
    api_key = header(request, _API_KEY)
    if api_key is None:
        raise CredentialsMissing
    return api_key


def admission_of(request: HTTPConnection) -> Admission:
    """By the same headers, for longer than a request."""
    authenticate = services_of(request)[AuthenticateHandler]
    authorization = header(request, b"authorization")
    if authorization is None:
        return authenticate.admit_by_api_key(_api_key_in(request))
    return authenticate.admit(_token_in(authorization))


class _BearerIfAny(_Bearer):
    """The same where a stranger is welcome too."""

    async def __call__(self, request: Request) -> Actor:  # type: ignore[override]  # more than the token
        if header(request, b"authorization") is None and header(request, _API_KEY) is None:
            return await _stranger(request)
        return await super().__call__(request)


_DESCRIPTION = "An access token from `POST /api/v1/auth/login`."

bearer = _Bearer("/api/v1/auth/login", scheme_name="password", description=_DESCRIPTION)
bearer_if_any = _BearerIfAny("/api/v1/auth/login", scheme_name="password", description=_DESCRIPTION)

CurrentActor = Annotated[Actor, Depends(bearer)]
AnyActor = Annotated[Actor, Depends(bearer_if_any)]
Stranger = Annotated[Actor, Depends(_stranger)]
"""Whoever it is, where credentials are not looked at: at the way in itself."""
