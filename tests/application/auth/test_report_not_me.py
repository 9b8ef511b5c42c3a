"""Saying of what a mail told that it was somebody else."""

import pytest

from application.auth.login import Login, LoginHandler
from application.auth.report_not_me import ReportNotMe, ReportNotMeHandler
from application.auth.reset_password import ResetPassword, ResetPasswordHandler
from application.auth.verify_email import VerifyEmail, VerifyEmailHandler
from application.users.change_password import ChangePassword, ChangePasswordHandler
from application.users.request_email_change import (
    RequestEmailChange,
    RequestEmailChangeHandler,
)
from domain.access import ANONYMOUS
from domain.one_time_tokens import InvalidToken, TokenPurpose
from domain.passwords import Password
from domain.users import User
from tests.application.mails import addressed, events, mails, token_in
from tests.application.service import Service
from tests.builders import a_user, an_actor, an_api_key

KNOWN = Password("correct horse")
THIEFS = Password("battery staple")
OWNERS = Password("purple umbrella")


async def report(service: Service, token: str) -> None:
    await service[ReportNotMeHandler](ReportNotMe(token=token), ANONYMOUS)


async def ask_for(service: Service, user: User, new_email: str, password: Password) -> None:
    await service[RequestEmailChangeHandler](
        RequestEmailChange(new_email=new_email, password=password), an_actor(user_id=user.id)
    )


@pytest.fixture
async def ann(service: Service) -> User:
    """Whose account somebody else got into, and at once took a password of their own."""
    await service.add(ann := a_user(email="ann@example.com"))
    await service.sign_in(ann)
    await service[ChangePasswordHandler](
        ChangePassword(current_password=KNOWN, new_password=THIEFS), an_actor(user_id=ann.id)
    )
    return ann


async def test_whoever_is_in_the_account_is_out_of_it(service: Service, ann: User) -> None:
    thief = Login(name=ann.username, password=THIEFS)
    await service[LoginHandler](thief, ANONYMOUS)
    await service.add(bob := a_user())
    await service.sign_in(bob)

    await report(service, token_in(mails(service)[0]))

    assert service.live_sessions_of(ann) == []
    assert len(service.live_sessions_of(bob)) == 1


async def test_no_program_that_was_let_in_stays_in(service: Service, ann: User) -> None:
    await service.add(bob := a_user())
    await service.add(an_api_key(user_id=ann.id), kept := an_api_key(user_id=bob.id))

    await report(service, token_in(mails(service)[0]))

    assert list(service.stored.api_keys.scan()) == [kept]
    entry = max(service.stored.audit.scan(), key=lambda entry: entry.id)
    assert entry.details == {"api_keys_revoked": 1}


async def test_the_owner_is_shown_the_way_to_a_new_password(service: Service, ann: User) -> None:
    [told] = mails(service)

    await report(service, token_in(told))

    reset = mails(service)[-1]
    assert (reset.to, reset.template) == ("ann@example.com", "reset_password")
    await service[ResetPasswordHandler](
        ResetPassword(token=token_in(reset), new_password=OWNERS), ANONYMOUS
    )
    assert service.user(ann).password_hash == "plain:purple umbrella"
    assert events(service)[-2:] == ["not_me", "password_reset"]


async def test_a_change_of_email_that_is_under_way_comes_to_nothing(
    service: Service, ann: User
) -> None:
    await ask_for(service, ann, "thief@example.com", THIEFS)
    _, confirm, told = mails(service)
    assert (told.to, told.template) == ("ann@example.com", "email_change_requested")

    await report(service, token_in(told))

    with pytest.raises(InvalidToken):
        await service[VerifyEmailHandler](VerifyEmail(token=token_in(confirm)), ANONYMOUS)
    assert service.user(ann).email == "ann@example.com"


async def test_a_change_of_email_that_was_made_is_undone(service: Service, ann: User) -> None:
    await ask_for(service, ann, "thief@example.com", THIEFS)
    confirm = mails(service)[1]
    await service[VerifyEmailHandler](VerifyEmail(token=token_in(confirm)), ANONYMOUS)
    assert service.user(ann).email == "thief@example.com"
    told = mails(service)[-1]
    assert (told.to, told.template) == ("ann@example.com", "email_changed")

    await report(service, token_in(told))

    assert service.user(ann).email == "ann@example.com"
    assert addressed(service)[-1] == ("ann@example.com", "reset_password")


async def test_nothing_the_thief_is_told_ends_the_owners_link(service: Service, ann: User) -> None:
    await ask_for(service, ann, "thief@example.com", THIEFS)
    await service[VerifyEmailHandler](VerifyEmail(token=token_in(mails(service)[1])), ANONYMOUS)
    owners = mails(service)[-1]
    await service[ChangePasswordHandler](
        ChangePassword(current_password=THIEFS, new_password=Password("another staple")),
        an_actor(user_id=ann.id),
    )
    assert addressed(service)[-1] == ("thief@example.com", "password_changed")

    await report(service, token_in(owners))

    assert service.user(ann).email == "ann@example.com"


async def test_an_address_that_somebody_took_meanwhile_stays_theirs(
    service: Service, ann: User
) -> None:
    await ask_for(service, ann, "thief@example.com", THIEFS)
    await service[VerifyEmailHandler](VerifyEmail(token=token_in(mails(service)[1])), ANONYMOUS)
    told = mails(service)[-1]
    await service.add(taker := a_user(email="ann@example.com"))

    await report(service, token_in(told))

    assert service.user(taker).email == "ann@example.com"
    reset = mails(service)[-1]
    assert (reset.to, reset.user_id) == ("ann@example.com", ann.id)
    await service[ResetPasswordHandler](
        ResetPassword(token=token_in(reset), new_password=OWNERS), ANONYMOUS
    )
    assert service.user(ann).password_hash == "plain:purple umbrella"
    assert service.user(ann).email == "thief@example.com"


async def test_a_link_works_once(service: Service, ann: User) -> None:
    token = token_in(mails(service)[0])
    await report(service, token)

    with pytest.raises(InvalidToken):
        await report(service, token)


@pytest.mark.parametrize("purpose", sorted(set(TokenPurpose) - {TokenPurpose.NOT_ME}))
async def test_a_link_for_something_else_is_refused(
    service: Service, ann: User, purpose: TokenPurpose
) -> None:
    mail = mails(service)[0]
    assert mail.link is not None

    with pytest.raises(InvalidToken):
        await report(service, f"{purpose}.{mail.link.token_id}")
