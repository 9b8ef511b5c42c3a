"""How a route gets its use case, and the caller on whose behalf it runs."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import attrs
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from application.auth.authenticate import AuthenticateHandler
from domain.access import ANONYMOUS, Actor, NotAuthenticated
from domain.auth import Device
from entrypoints.bootstrap import Services, Tessera

Service = TypeVar("Service")
Endpoint: TypeAlias = Callable[..., Awaitable[object]]

_REQUEST = inspect.Parameter("request_", inspect.Parameter.KEYWORD_ONLY, annotation=Request)


def tessera_of(request: object) -> Tessera:
    tessera = request.app.state.tessera if isinstance(request, Request) else None
    if not isinstance(tessera, Tessera):
        raise TypeError("The application has not been started.")
    return tessera


def services_of(request: object) -> Services:
    return tessera_of(request).services


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


def with_services(endpoint: Endpoint) -> Endpoint:
    """The endpoint with its `Inject` parameters filled in by a dictionary look-up; a FastAPI
    dependency apiece would cost a tenth of the request."""
    signature = inspect.signature(endpoint)
    kinds: dict[str, type] = {}
    others: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        marks = getattr(parameter.annotation, "__metadata__", ())
        injected = [mark for mark in marks if isinstance(mark, _Injected)]
        if injected:
            kinds[parameter.name] = injected[0].kind
        else:
            others.append(parameter)
    if not kinds:
        return endpoint
    request_name = next((each.name for each in others if each.annotation is Request), None)
    if request_name is None:
        others.append(_REQUEST)

    @functools.wraps(endpoint)
    async def with_services_filled_in(**arguments: object) -> object:
        request = arguments[request_name] if request_name else arguments.pop(_REQUEST.name)
        services = services_of(request)
        for name, kind in kinds.items():
            arguments[name] = services[kind]
        return await endpoint(**arguments)

    with_services_filled_in.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # as inspect documents it
    return with_services_filled_in


class _Bearer(OAuth2PasswordBearer):
    """The access token's owner, found in one step, so that a request pays for one dependency."""

    async def __call__(self, request: Request) -> Actor:  # type: ignore[override]  # more than the token
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated
        return await services_of(request)[AuthenticateHandler](token.strip())


class _BearerIfAny(_Bearer):
    """The same where a stranger is welcome too."""

    async def __call__(self, request: Request) -> Actor:  # type: ignore[override]  # more than the token
        if "authorization" not in request.headers:
            return ANONYMOUS
        return await super().__call__(request)


_DESCRIPTION = "An access token from `POST /api/v1/auth/login`."

bearer = _Bearer("/api/v1/auth/login", scheme_name="password", description=_DESCRIPTION)
bearer_if_any = _BearerIfAny("/api/v1/auth/login", scheme_name="password", description=_DESCRIPTION)

CurrentActor = Annotated[Actor, Depends(bearer)]
AnyActor = Annotated[Actor, Depends(bearer_if_any)]


async def _device(request: Request) -> Device:
    address = request.client.host if request.client is not None else None
    return Device(address, request.headers.get("user-agent"))


CurrentDevice = Annotated[Device, Depends(_device)]
