"""The second factor over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import Field

from application.auth.confirm_totp import ConfirmTotp, ConfirmTotpHandler
from application.auth.get_mfa import GetMfaHandler
from application.auth.login_mfa import LoginMfa, LoginMfaHandler
from application.auth.renew_recovery_codes import RenewRecoveryCodes, RenewRecoveryCodesHandler
from application.auth.set_up_totp import SetUpTotp, SetUpTotpHandler
from application.auth.turn_off_totp import TurnOffTotp, TurnOffTotpHandler
from application.auth.views import IssuedTokens, MfaView
from domain.auth import (
    InvalidCredentials,
    ReauthenticationRequired,
    TokenExpired,
    TokenRevoked,
)
from domain.passwords import Password, WrongPassword
from domain.throttling import AccountLocked
from domain.totp import InvalidCode, TotpAlreadyOn, TotpNotFound
from domain.users import InactiveUser
from entrypoints.http.auth.qr_code import qr_svg
from entrypoints.http.auth.sign_in import TokensShape
from entrypoints.http.routing import API_V1_STR, IN_PERSON, PUBLIC, declared, router_of
from entrypoints.http.schemas import Body, KnownPassword, Line, Shape
from entrypoints.http.wiring import CurrentActor, Inject, Stranger

router = router_of("auth", prefix=f"{API_V1_STR}/auth")

_MFA = f"{API_V1_STR}/auth/mfa"


class SecondStep(Body):
    mfa_token: Annotated[Line, Field(min_length=1, max_length=512)]
    code: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=64,
            description="Of the authenticator app, or a recovery code; spaces, hyphens and case "
            "do not matter.",
            examples=["123456"],
        ),
    ]


class GivenCode(Body):
    code: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=64,
            description="Of the authenticator app.",
            examples=["123456"],
        ),
    ]


class OwnPassword(Body):
    password: KnownPassword


class Reauthentication(Body):
    """May be left out within five minutes of the sign-in."""

    password: KnownPassword | None = None


_NOTHING = Reauthentication()


class MfaShape(Shape):
    totp: bool = Field(description="Whether a code is asked for at sign-in.")
    totp_enabled_at: datetime | None
    recovery_codes_left: int


class TotpSetupShape(Shape):
    secret: str = Field(description="In base32, for typing it in.")
    otpauth_uri: str = Field(description="What the QR code says.")
    qr_svg: str = Field(description="The QR code as an SVG picture.")


class FreshRecoveryCodesShape(Shape):
    recovery_codes: list[str] = Field(description="Each good for one sign-in; shown this once.")


@router.post(
    "/login/mfa",
    response_model=TokensShape,
    summary="Sign in with a code",
    **declared(PUBLIC, InvalidCredentials, TokenExpired, TokenRevoked, InactiveUser, AccountLocked),
)
async def login_mfa(
    body: SecondStep, stranger: Stranger, login: Inject[LoginMfaHandler]
) -> IssuedTokens:
    """The second step of a sign-in that answered `mfa_required`. After five wrong codes within
    five minutes none is taken for a while."""
    return await login(LoginMfa(mfa_token=body.mfa_token, code=body.code), stranger)


@router.get("/mfa", response_model=MfaShape, summary="Get the second factor", **declared(IN_PERSON))
async def get_mfa(actor: CurrentActor, get: Inject[GetMfaHandler]) -> MfaView:
    """What the caller has to show at sign-in beside the password."""
    return await get(actor)


@router.post(
    "/mfa/totp",
    status_code=201,
    response_model=TotpSetupShape,
    summary="Set up an authenticator app",
    **declared(IN_PERSON, ReauthenticationRequired, WrongPassword, TotpAlreadyOn),
)
async def set_up_totp(
    response: Response,
    actor: CurrentActor,
    set_up: Inject[SetUpTotpHandler],
    body: Reauthentication = _NOTHING,
) -> TotpSetupShape:
    """Shows the secret this once. It counts from when a code of it is confirmed; until then, doing
    this again replaces it."""
    setup = await set_up(SetUpTotp(password=_password(body)), actor)
    response.headers["Location"] = _MFA
    return TotpSetupShape(
        secret=setup.secret,
        otpauth_uri=setup.otpauth_uri,
        qr_svg=await qr_svg(setup.otpauth_uri),
    )


@router.post(
    "/mfa/totp/confirm",
    response_model=FreshRecoveryCodesShape,
    summary="Turn the authenticator app on",
    **declared(IN_PERSON, InvalidCode, TotpNotFound, TotpAlreadyOn, AccountLocked),
)
async def confirm_totp(
    body: GivenCode, actor: CurrentActor, confirm: Inject[ConfirmTotpHandler]
) -> FreshRecoveryCodesShape:
    """With a code that the app shows. From now on signing in takes one, or one of the recovery
    codes."""
    codes = await confirm(ConfirmTotp(code=body.code), actor)
    return FreshRecoveryCodesShape(recovery_codes=list(codes))


@router.delete(
    "/mfa/totp",
    status_code=204,
    summary="Turn the authenticator app off",
    **declared(IN_PERSON, WrongPassword, TotpNotFound),
)
async def turn_off_totp(
    body: OwnPassword, actor: CurrentActor, turn_off: Inject[TurnOffTotpHandler]
) -> None:
    """The recovery codes go with it."""
    await turn_off(TurnOffTotp(password=Password(body.password)), actor)


@router.post(
    "/mfa/recovery-codes",
    response_model=FreshRecoveryCodesShape,
    summary="Get new recovery codes",
    **declared(IN_PERSON, ReauthenticationRequired, WrongPassword, TotpNotFound),
)
async def renew_recovery_codes(
    actor: CurrentActor,
    renew: Inject[RenewRecoveryCodesHandler],
    body: Reauthentication = _NOTHING,
) -> FreshRecoveryCodesShape:
    """The old ones are void."""
    codes = await renew(RenewRecoveryCodes(password=_password(body)), actor)
    return FreshRecoveryCodesShape(recovery_codes=list(codes))


def _password(body: Reauthentication) -> Password | None:
    return None if body.password is None else Password(body.password)
