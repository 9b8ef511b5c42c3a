"""Sign-in and sessions over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Form, Request
from pydantic import Field, ValidationError

from application.auth.list_sessions import ListSessions, ListSessionsHandler
from application.auth.login import Login, LoginHandler
from application.auth.logout import LogoutHandler
from application.auth.logout_all import LogoutAll, LogoutAllHandler
from application.auth.refresh import Refresh, RefreshHandler
from application.auth.revoke_session import RevokeSession, RevokeSessionHandler
from application.auth.views import IssuedTokens, SessionView
from application.paging import Page as PageOfShapes
from domain.access import Actor, SessionId
from domain.auth import InvalidCredentials, SessionNotFound, TokenExpired, TokenRevoked
from domain.errors import Invalid
from domain.passwords import Password
from domain.throttling import AccountLocked, RateLimited
from domain.totp import MfaRequired
from domain.users import InactiveUser
from entrypoints.http.endpoint import FORM, JSON, content_type, parse_form, parse_json
from entrypoints.http.errors import field_errors
from entrypoints.http.problems import UnsupportedMediaType
from entrypoints.http.routing import API_V1_STR, IN_PERSON, PUBLIC, declared, router_of
from entrypoints.http.schemas import Body, Id, KnownPassword, Line, Page, PageQuery, Shape
from entrypoints.http.wiring import CurrentActor, Inject, Stranger

router = router_of("auth", prefix=f"{API_V1_STR}/auth")


class PasswordGrant(Body):
    """RFC 6749 §4.3.2; clients may say who they are, which changes nothing here."""

    username: Annotated[Line, Field(max_length=320, description="An email or a username.")]
    password: KnownPassword
    grant_type: Literal["password"] = "password"
    scope: Annotated[Line, Field(max_length=1024)] = ""
    client_id: Annotated[Line, Field(max_length=255)] = ""
    client_secret: Annotated[Line, Field(max_length=255)] = ""


class RefreshGrant(Body):
    """RFC 6749 §6, or JSON with the token alone."""

    refresh_token: Annotated[Line, Field(min_length=1, max_length=512)]
    grant_type: Literal["refresh_token"] = "refresh_token"
    scope: Annotated[Line, Field(max_length=1024)] = ""
    client_id: Annotated[Line, Field(max_length=255)] = ""
    client_secret: Annotated[Line, Field(max_length=255)] = ""


class TokensShape(Shape):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme (RFC 6750)
    expires_in: int = Field(description="Seconds that the access token lives.")
    refresh_token: str = Field(description="Good for one refresh; keep it secret.")
    scope: str = Field(description="The permissions held, separated by spaces.")


class SessionShape(Shape):
    id: Id
    created_at: datetime
    last_used_at: datetime
    ip: str | None
    user_agent: str | None
    current: bool


@router.post(
    "/login",
    response_model=TokensShape,
    summary="Sign in",
    **declared(PUBLIC, InvalidCredentials, InactiveUser, MfaRequired, RateLimited, AccountLocked),
)
async def login(
    form: Annotated[PasswordGrant, Form()], stranger: Stranger, login: Inject[LoginHandler]
) -> IssuedTokens:
    """OAuth 2's password grant, for first-party clients (RFC 9700 §2.4 advises others against
    it). An unknown user and a wrong password are answered alike."""
    command = Login(name=form.username, password=Password(form.password))
    return await login(command, stranger)


# The form is for OAuth 2 clients, which have `/auth/token`; of two bodies of one kind, generated
# clients would send both.
_REFRESH_BODY = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/RefreshGrant"}}},
    }
}


@router.post(
    "/refresh",
    response_model=TokensShape,
    summary="Refresh a session",
    **declared(
        PUBLIC,
        InvalidCredentials,
        TokenExpired,
        TokenRevoked,
        InactiveUser,
        RateLimited,
        UnsupportedMediaType,
        extra=_REFRESH_BODY,
    ),
)
async def refresh(
    request: Request, stranger: Stranger, refresh: Inject[RefreshHandler]
) -> IssuedTokens:
    """Spends the refresh token for a new pair. A spent one that is presented again revokes its
    whole session (RFC 9700 §4.14.2). OAuth 2's form with `grant_type=refresh_token` (RFC 6749 §6)
    is read as well, as `/auth/token` reads it."""
    grant = await _refresh_grant(request)
    return await refresh(Refresh(refresh_token=grant.refresh_token), stranger)


async def _refresh_grant(request: Request) -> RefreshGrant:
    """FastAPI reads a body in one type only; OAuth 2 clients send a form, ours JSON."""
    if content_type(request) == FORM:
        fields: object = parse_form(await request.body())
    elif content_type(request) == JSON:
        fields = parse_json(await request.body())
    else:
        raise UnsupportedMediaType(f"Send {JSON} or {FORM}.")
    try:
        return RefreshGrant.model_validate(fields)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error.errors(include_input=False))) from None


@router.post("/logout", status_code=204, summary="Sign out", **declared(IN_PERSON))
async def logout(actor: CurrentActor, logout: Inject[LogoutHandler]) -> None:
    """Ends this session, and with it both of its tokens."""
    await logout(actor)


@router.post("/logout-all", status_code=204, summary="Sign out everywhere", **declared(IN_PERSON))
async def logout_all(actor: CurrentActor, logout_all: Inject[LogoutAllHandler]) -> None:
    """Ends every session of the caller. API keys are programs', and stay."""
    await logout_all(LogoutAll(user_id=actor.require_account()), actor)


@router.get(
    "/sessions", response_model=Page[SessionShape], summary="List sessions", **declared(IN_PERSON)
)
async def list_sessions(
    query: PageQuery, actor: CurrentActor, list_: Inject[ListSessionsHandler]
) -> PageOfShapes[SessionShape]:
    """The caller's live sessions. Sorts by `created_at` and `last_used_at`."""
    sessions = await list_(ListSessions(user_id=actor.require_account(), page=query.page()), actor)
    return PageOfShapes(
        items=[_shape(session, actor) for session in sessions.items],
        total=sessions.total,
        next_cursor=sessions.next_cursor,
    )


def _shape(session: SessionView, actor: Actor) -> SessionShape:
    return SessionShape(
        id=session.id,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        ip=session.ip,
        user_agent=session.user_agent,
        current=session.id == actor.session_id,
    )


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    summary="End a session",
    **declared(IN_PERSON, SessionNotFound),
)
async def revoke_session(
    session_id: UUID, actor: CurrentActor, revoke: Inject[RevokeSessionHandler]
) -> None:
    """One of the caller's own."""
    await revoke(RevokeSession(session_id=SessionId(session_id)), actor)
