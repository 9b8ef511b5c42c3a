"""How a route gets its use case, and the caller on whose behalf it runs."""

from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from application.auth.authenticate import AuthenticateHandler
from domain.access import ANONYMOUS, Actor, NotAuthenticated
from domain.auth import Device
from entrypoints.bootstrap import Services, Tessera

Service = TypeVar("Service")


def tessera_of(request: Request) -> Tessera:
    tessera = request.app.state.tessera
    if not isinstance(tessera, Tessera):
        raise TypeError("The application has not been started.")
    return tessera


def services_of(request: Request) -> Services:
    return tessera_of(request).services


if TYPE_CHECKING:
    Inject = Annotated[Service, "resolved at start-up"]
else:

    class Inject:
        """`Inject[Handler]` is that handler, by a dictionary look-up."""

        def __class_getitem__(cls, kind: type) -> object:
            # Asynchronous because FastAPI runs anything else in a thread.
            async def look_up(request: Request) -> object:
                return services_of(request)[kind]

            return Annotated[kind, Depends(look_up)]


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
