"""Showing that one reads what is sent to an address."""

from datetime import timedelta

import pytest

from application.auth.request_verification import RequestVerificationHandler
from application.auth.verify_email import VerifyEmail, VerifyEmailHandler
from application.users.register_user import RegisterUser, RegisterUserHandler
from domain.access import ANONYMOUS, SYSTEM, ApiKeyId, PermissionDenied
from domain.one_time_tokens import InvalidToken, TokenPurpose
from domain.passwords import Password
from domain.users import User
from tests.application.mails import addressed, events, mails, text_of, token_in
from tests.application.service import Service
from tests.builders import a_one_time_token, a_user, an_actor, new_id

SIGN_UP = RegisterUser(email="ann@example.com", password=Password("correct horse"))


async def verify(service: Service, token: str) -> None:
    await service[VerifyEmailHandler](VerifyEmail(token=token), ANONYMOUS)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user(email_verified=False))
    return ann


async def test_whoever_signs_up_is_welcomed_with_the_link(service: Service) -> None:
    shown = await service[RegisterUserHandler](SIGN_UP, ANONYMOUS)

    [mail] = mails(service)
    assert (mail.to, mail.template, mail.user_id) == ("ann@example.com", "welcome", shown.id)
    await verify(service, token_in(mail))
    [user] = service.stored.users.scan()
    assert user.email_verified
    assert events(service) == ["signed_up", "email_verified"]


async def test_a_refused_sign_up_mails_nothing(service: Service) -> None:
    await service.add(a_user(username="ann", email="ann@example.com"))

    with pytest.raises(Exception, match="taken"):
        await service[RegisterUserHandler](SIGN_UP, ANONYMOUS)

    assert mails(service) == []


async def test_whoever_runs_the_service_may_vouch_for_an_address(service: Service) -> None:
    vouched = RegisterUser(
        email="ann@example.com", password=Password("correct horse"), email_verified=True
    )

    shown = await service[RegisterUserHandler](vouched, SYSTEM)

    assert shown.email_verified
    assert mails(service) == []


async def test_nobody_vouches_for_themselves(service: Service) -> None:
    vouched = RegisterUser(
        email="ann@example.com", password=Password("correct horse"), email_verified=True
    )

    with pytest.raises(PermissionDenied):
        await service[RegisterUserHandler](vouched, an_actor())


async def test_the_link_is_sent_again(service: Service, ann: User) -> None:
    await service[RequestVerificationHandler](an_actor(user_id=ann.id))
    await service[RequestVerificationHandler](an_actor(user_id=ann.id))

    assert addressed(service) == [(ann.email, "verify_email")] * 2
    first, second = mails(service)
    with pytest.raises(InvalidToken):
        await verify(service, token_in(first))
    await verify(service, token_in(second))
    assert service.user(ann).email_verified


async def test_the_verified_need_no_other_mail(service: Service) -> None:
    await service.add(ann := a_user(email_verified=True))

    await service[RequestVerificationHandler](an_actor(user_id=ann.id))

    assert mails(service) == []


async def test_a_program_asks_for_no_mail(service: Service, ann: User) -> None:
    program = an_actor(user_id=ann.id, api_key_id=ApiKeyId(new_id()))

    with pytest.raises(PermissionDenied):
        await service[RequestVerificationHandler](program)


async def test_a_token_works_once(service: Service, ann: User) -> None:
    await service[RequestVerificationHandler](an_actor(user_id=ann.id))
    token = token_in(mails(service)[0])
    await verify(service, token)

    with pytest.raises(InvalidToken):
        await verify(service, token)


async def test_a_token_lives_an_hour(service: Service, ann: User) -> None:
    await service[RequestVerificationHandler](an_actor(user_id=ann.id))
    service.clock.advance(timedelta(hours=1))

    with pytest.raises(InvalidToken):
        await verify(service, token_in(mails(service)[0]))
    assert not service.user(ann).email_verified


@pytest.mark.parametrize("purpose", [TokenPurpose.RESET_PASSWORD, TokenPurpose.NOT_ME])
async def test_a_token_for_something_else_is_refused(
    service: Service, ann: User, purpose: TokenPurpose
) -> None:
    now = service.clock.now()
    token = a_one_time_token(
        user_id=ann.id, purpose=purpose, email=ann.email, expires_at=now + timedelta(hours=1)
    )
    await service.add(token)

    with pytest.raises(InvalidToken):
        await verify(service, text_of(token))
    assert not service.user(ann).email_verified
