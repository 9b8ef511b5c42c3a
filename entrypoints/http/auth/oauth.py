"""What plain OAuth 2 clients and resource servers look for."""

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import Form, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from application.auth.introspect_token import IntrospectToken, IntrospectTokenHandler, LiveToken
from application.auth.login import Login, LoginHandler
from application.auth.refresh import Refresh, RefreshHandler
from application.auth.revoke_token import RevokeToken, RevokeTokenHandler
from application.auth.views import IssuedTokens
from domain.access import Permission
from domain.auth import InvalidCredentials, TokenExpired, TokenRevoked
from domain.errors import Invalid
from domain.passwords import Password
from domain.throttling import AccountLocked, RateLimited
from domain.totp import MfaRequired
from domain.users import InactiveUser
from entrypoints.http.auth.sign_in import TokensShape
from entrypoints.http.routing import API_V1_STR, PUBLIC, SIGNED_IN, declared, router_of
from entrypoints.http.schemas import KnownPassword, Line, Shape
from entrypoints.http.wiring import CurrentActor, Inject, Stranger, inside_of

router = router_of("oauth")

_AUTH = f"{API_V1_STR}/auth"
# Long enough to spare us most requests, short enough for a new key to be known before it signs.
_FOR_FIVE_MINUTES = "public, max-age=300"


class UnsupportedGrantType(Invalid):
    """This service knows the grant types `password` and `refresh_token` (RFC 6749 §5.2)."""

    code = "unsupported_grant_type"
    title = "The grant type is not supported"


class GrantType(StrEnum):
    PASSWORD = "password"  # noqa: S105 - the name of the grant (RFC 6749 §4.3)
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - and of this one (§6)


def _supported(grant_type: object) -> object:
    if grant_type not in list(GrantType):
        raise UnsupportedGrantType
    return grant_type


class OAuthForm(BaseModel):
    """Parameters that are not known are ignored here, as RFC 6749 §3.2 wants it."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        json_schema_extra={"additionalProperties": {"type": "string"}},
    )


class TokenRequest(OAuthForm):
    grant_type: Annotated[GrantType, Field(strict=False), BeforeValidator(_supported)]
    username: Annotated[Line, Field(max_length=320, description="An email or a username.")] = ""
    password: KnownPassword = ""
    refresh_token: Annotated[Line, Field(max_length=512)] = ""


class GivenToken(OAuthForm):
    token: Annotated[Line, Field(min_length=1, max_length=8192)]
    token_type_hint: Annotated[Line, Field(max_length=255)] = ""


class TokenKind(StrEnum):
    ACCESS_TOKEN = "access_token"  # noqa: S105 - what RFC 7009 §2.1 calls it
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - and this


class KeyType(StrEnum):
    EC = "EC"
    RSA = "RSA"


class KeyAlgorithm(StrEnum):
    ES256 = "ES256"
    RS256 = "RS256"


class IntrospectionShape(Shape):
    """RFC 7662 §2.2; of a token that is no good, `active` alone is told."""

    active: bool
    scope: str | None = None
    token_type: TokenKind | None = None
    sub: str | None = None
    sid: str | None = None
    iss: str | None = None
    aud: str | None = None
    jti: str | None = None
    iat: int | None = None
    exp: int | None = None


class RevocationShape(Shape):
    """Empty, whatever came of it (RFC 7009 §2.2)."""


class KeyShape(Shape):
    kid: str
    kty: KeyType
    use: Literal["sig"]
    alg: KeyAlgorithm
    crv: str | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None


class KeySetShape(Shape):
    keys: list[KeyShape]


class MetadataShape(Shape):
    issuer: str
    token_endpoint: str
    jwks_uri: str
    introspection_endpoint: str
    revocation_endpoint: str
    service_documentation: str
    grant_types_supported: list[GrantType]
    response_types_supported: list[str]
    scopes_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]


@router.post(
    f"{_AUTH}/token",
    response_model=TokensShape,
    summary="Get tokens",
    **declared(
        PUBLIC,
        InvalidCredentials,
        InactiveUser,
        TokenExpired,
        TokenRevoked,
        UnsupportedGrantType,
        RateLimited,
        AccountLocked,
        MfaRequired,
    ),
)
async def get_tokens(
    form: Annotated[TokenRequest, Form()],
    stranger: Stranger,
    login: Inject[LoginHandler],
    refresh: Inject[RefreshHandler],
) -> IssuedTokens:
    """The token endpoint of RFC 6749 §3.2, for clients that know OAuth 2 and not this service:
    `/auth/login` and `/auth/refresh` in one."""
    if form.grant_type is GrantType.REFRESH_TOKEN:
        return await refresh(Refresh(refresh_token=form.refresh_token), stranger)
    command = Login(name=form.username, password=Password(form.password))
    return await login(command, stranger)


@router.post(
    f"{_AUTH}/introspect",
    response_model=IntrospectionShape,
    summary="Introspect a token",
    **declared(SIGNED_IN),
)
async def introspect_token(
    form: Annotated[GivenToken, Form()],
    request: Request,
    actor: CurrentActor,
    introspect: Inject[IntrospectTokenHandler],
) -> Response:
    """RFC 7662. A token of somebody else's takes the permission `tokens:introspect`; without it,
    it is shown as not active."""
    token = await introspect(IntrospectToken(token=form.token), actor)
    shape = _introspection(token, inside_of(request).issuer)
    return JSONResponse(shape.model_dump(exclude_none=True))


def _introspection(token: LiveToken | None, issuer: str) -> IntrospectionShape:
    if token is None:
        return IntrospectionShape(active=False)
    return IntrospectionShape(
        active=True,
        scope=token.scope,
        token_type=TokenKind(token.kind),
        sub=str(token.user_id),
        sid=str(token.session_id),
        iss=issuer,
        aud=issuer,
        jti=token.token_id,
        iat=int(token.issued_at.timestamp()),
        exp=int(token.expires_at.timestamp()),
    )


@router.post(
    f"{_AUTH}/revoke",
    response_model=RevocationShape,
    summary="Revoke a token",
    **declared(PUBLIC, RateLimited),
)
async def revoke_token(
    form: Annotated[GivenToken, Form()],
    stranger: Stranger,
    revoke: Inject[RevokeTokenHandler],
) -> RevocationShape:
    """RFC 7009: ends the session of a refresh or access token. Whether there was one is not
    told."""
    await revoke(RevokeToken(token=form.token), stranger)
    return RevocationShape()


@router.get(
    "/.well-known/jwks.json",
    response_model=KeySetShape,
    summary="Public signing keys",
    **declared(PUBLIC),
)
async def list_signing_keys(request: Request) -> Response:
    """RFC 7517. Empty while access tokens are signed by a shared secret."""
    keys = inside_of(request).published_keys
    return JSONResponse({"keys": keys}, headers={"Cache-Control": _FOR_FIVE_MINUTES})


@router.get(
    "/.well-known/oauth-authorization-server",
    response_model=MetadataShape,
    summary="Authorization server metadata",
    **declared(PUBLIC),
)
async def describe_server(request: Request, response: Response) -> MetadataShape:
    """RFC 8414. The password grant is for first-party clients only (RFC 9700 §2.4)."""
    response.headers["Cache-Control"] = _FOR_FIVE_MINUTES
    issuer = inside_of(request).issuer
    return MetadataShape(
        issuer=issuer,
        token_endpoint=f"{issuer}{_AUTH}/token",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        introspection_endpoint=f"{issuer}{_AUTH}/introspect",
        revocation_endpoint=f"{issuer}{_AUTH}/revoke",
        service_documentation=f"{issuer}/docs",
        grant_types_supported=list(GrantType),
        response_types_supported=[],
        scopes_supported=sorted(Permission),
        token_endpoint_auth_methods_supported=["none"],
        introspection_endpoint_auth_methods_supported=["Bearer"],
        revocation_endpoint_auth_methods_supported=["none"],
    )
