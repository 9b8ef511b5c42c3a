"""What the links in mails lead to: a verified address, a forgotten password, a way out."""

from typing import Annotated

from pydantic import Field

from application.auth.report_not_me import ReportNotMe, ReportNotMeHandler
from application.auth.request_password_reset import (
    RequestPasswordReset,
    RequestPasswordResetHandler,
)
from application.auth.request_verification import RequestVerificationHandler
from application.auth.reset_password import ResetPassword, ResetPasswordHandler
from application.auth.verify_email import VerifyEmail, VerifyEmailHandler
from domain.one_time_tokens import InvalidToken
from domain.passwords import Password
from domain.throttling import RateLimited
from domain.users import EmailTaken
from entrypoints.http.routing import API_V1_STR, IN_PERSON, PUBLIC, declared, router_of
from entrypoints.http.schemas import Body, Email, Line, NewPassword
from entrypoints.http.wiring import CurrentActor, Inject, Stranger

router = router_of("auth", prefix=f"{API_V1_STR}/auth")

MailedToken = Annotated[
    Line,
    Field(min_length=1, max_length=512, description="From the link in the mail, behind `#token=`."),
]


class ForgottenPassword(Body):
    email: Email


class MailLinkFollowed(Body):
    token: MailedToken


class PasswordReset(Body):
    token: MailedToken
    new_password: NewPassword


@router.post(
    "/password/forgot",
    status_code=202,
    summary="Forget one's password",
    **declared(PUBLIC, RateLimited),
)
async def request_password_reset(
    body: ForgottenPassword, stranger: Stranger, request: Inject[RequestPasswordResetHandler]
) -> None:
    """A live account with this address is mailed a link. Whether there is one is never told."""
    await request(RequestPasswordReset(email=body.email), stranger)


@router.post(
    "/password/reset",
    status_code=204,
    summary="Set a new password",
    **declared(PUBLIC, InvalidToken, RateLimited),
)
async def reset_password(
    body: PasswordReset, stranger: Stranger, reset: Inject[ResetPasswordHandler]
) -> None:
    """By the token that was mailed, which a refused password does not spend. Every session ends,
    and none begins: sign in with the new password."""
    await reset(ResetPassword(token=body.token, new_password=Password(body.new_password)), stranger)


@router.post(
    "/verify-email/request",
    status_code=202,
    summary="Ask for another verification mail",
    **declared(IN_PERSON),
)
async def request_verification(
    actor: CurrentActor, request: Inject[RequestVerificationHandler]
) -> None:
    """No link sent before works any more. Whoever is verified already is sent none."""
    await request(actor)


@router.post(
    "/verify-email",
    status_code=204,
    summary="Verify an address",
    **declared(PUBLIC, InvalidToken, EmailTaken, RateLimited),
)
async def verify_email(
    body: MailLinkFollowed, stranger: Stranger, verify: Inject[VerifyEmailHandler]
) -> None:
    """By the token that was mailed to it: the account's own address, or the one that
    `POST /users/me/email` asked for, which counts from now on."""
    await verify(VerifyEmail(token=body.token), stranger)


@router.post(
    "/not-me",
    status_code=204,
    summary="Say that it was not oneself",
    **declared(PUBLIC, InvalidToken, RateLimited),
)
async def report_not_me(
    body: MailLinkFollowed, stranger: Stranger, report: Inject[ReportNotMeHandler]
) -> None:
    """By the token in a mail that tells of something its reader did not do. Every session and
    every API key ends, a change of address is undone, and a link to a new password is mailed."""
    await report(ReportNotMe(token=body.token), stranger)
