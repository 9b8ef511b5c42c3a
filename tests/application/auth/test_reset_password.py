"""From a forgotten password to a new one."""

from datetime import timedelta

import attrs
import pytest

from application.auth.mail_password_reset import MailPasswordReset, MailPasswordResetHandler
from application.auth.request_password_reset import (
    RequestPasswordReset,
    RequestPasswordResetHandler,
)
from application.auth.reset_password import ResetPassword, ResetPasswordHandler
from application.users.change_password import ChangePassword, ChangePasswordHandler
from application.users.ports import PasswordStrength
from domain.access import ANONYMOUS, Origin
from domain.auth import InvalidCredentials
from domain.errors import Invalid
from domain.one_time_tokens import InvalidToken, OneTimeToken, TokenLifetime, TokenPurpose
from domain.passwords import Password
from domain.users import User
from tests.application.mails import addressed, events, mails, text_of, token_in
from tests.application.meddling import MeddlingStrength
from tests.application.service import Service
from tests.builders import LATER, a_one_time_token, a_user, an_actor

NEW = Password("battery staple")


async def forget(service: Service, email: str) -> None:
    """Ask, and let the job that this leaves run."""
    asking = ANONYMOUS.calling_from(
        lambda: Origin(address="2001:db8::7", user_agent="Mozilla/5.0", request_id="abc")
    )
    before = {stored.job.id for stored in service.stored.jobs.scan()}
    await service[RequestPasswordResetHandler](RequestPasswordReset(email=email), asking)
    [left] = [each for each in service.stored.jobs.scan() if each.job.id not in before]
    assert isinstance(left.payload, MailPasswordReset)
    await service[MailPasswordResetHandler](left.payload, left.job)


async def reset(service: Service, token: str, password: Password = NEW) -> None:
    await service[ResetPasswordHandler](
        ResetPassword(token=token, new_password=password), ANONYMOUS
    )


@pytest.fixture
async def ann(service: Service) -> User:
    ann = a_user(email="Ann@Example.com", email_verified=False, password_hash="plain:correct horse")
    await service.add(ann)
    return ann


def a_token_of(service: Service, user: User) -> OneTimeToken:
    now = service.clock.now()
    return a_one_time_token(
        user_id=user.id,
        purpose=TokenPurpose.RESET_PASSWORD,
        email=user.email,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )


async def test_whoever_forgot_is_mailed_a_link(service: Service, ann: User) -> None:
    await forget(service, "ann@EXAMPLE.com")

    [mail] = mails(service)
    assert (mail.to, mail.user_id, mail.language) == (ann.email, ann.id, ann.language)
    assert mail.template == "reset_password"
    assert mail.link is not None
    assert mail.link.purpose is TokenPurpose.RESET_PASSWORD


async def test_the_trail_tells_from_where_it_was_asked_for(service: Service, ann: User) -> None:
    await forget(service, ann.email)

    [entry] = service.stored.audit.scan()
    assert entry.event == "password_reset_requested"
    assert (entry.target_id, entry.actor_id) == (ann.id, None)
    assert (entry.address, entry.user_agent, entry.request_id) == (
        "2001:db8::7",
        "Mozilla/5.0",
        "abc",
    )


@pytest.mark.parametrize(
    "user",
    [
        a_user(email="no@example.com", is_active=False),
        a_user(email="no@example.com", deleted_at=LATER),
        a_user(email="somebody.else@example.com"),
    ],
    ids=["inactive", "deleted", "unknown"],
)
async def test_nobody_else_is_mailed_anything(service: Service, user: User) -> None:
    await service.add(user)

    await forget(service, "no@example.com")

    assert mails(service) == []
    assert events(service) == ["password_reset_requested"]


async def test_the_same_is_left_to_do_for_every_address(service: Service, ann: User) -> None:
    for email in (ann.email, "nobody@example.com"):
        await service[RequestPasswordResetHandler](RequestPasswordReset(email=email), ANONYMOUS)

    left = [stored.payload for stored in service.stored.jobs.scan()]
    assert [type(payload) for payload in left] == [MailPasswordReset, MailPasswordReset]
    assert not list(service.stored.audit.scan())
    assert not list(service.stored.one_time_tokens.scan())


async def test_a_job_that_is_run_again_mails_nothing_again(service: Service, ann: User) -> None:
    await forget(service, ann.email)
    [job] = [
        stored
        for stored in service.stored.jobs.scan()
        if isinstance(stored.payload, MailPasswordReset)
    ]
    assert isinstance(job.payload, MailPasswordReset)

    await service[MailPasswordResetHandler](job.payload, job.job)

    assert len(mails(service)) == 1


async def test_what_is_no_address_is_refused(service: Service) -> None:
    with pytest.raises(Invalid):
        await service[RequestPasswordResetHandler](RequestPasswordReset(email="ann"), ANONYMOUS)


async def test_the_link_gives_a_new_password(service: Service, ann: User) -> None:
    await forget(service, ann.email)

    await reset(service, token_in(mails(service)[0]))

    changed = service.user(ann)
    assert changed.password_hash == "plain:battery staple"
    assert changed.version == ann.version + 1
    with pytest.raises(InvalidCredentials):
        await service.sign_in(ann)


async def test_the_link_gives_a_first_password(service: Service) -> None:
    await service.add(imported := a_user(password_hash=None))
    await forget(service, imported.email)

    await reset(service, token_in(mails(service)[0]))

    assert service.user(imported).password_hash == "plain:battery staple"


async def test_it_proves_the_address(service: Service, ann: User) -> None:
    await forget(service, ann.email)

    await reset(service, token_in(mails(service)[0]))

    assert service.user(ann).email_verified


async def test_every_session_ends(service: Service, ann: User) -> None:
    await service.add(bob := a_user())
    await service.sign_in(ann)
    await service.sign_in(ann)
    await service.sign_in(bob)
    await service.add(token := a_token_of(service, ann))

    await reset(service, text_of(token))

    assert service.live_sessions_of(ann) == []
    assert len(service.live_sessions_of(bob)) == 1


async def test_nobody_is_signed_in_by_it(service: Service, ann: User) -> None:
    await service.add(token := a_token_of(service, ann))

    await reset(service, text_of(token))

    assert list(service.stored.sessions.scan()) == []


async def test_the_owner_is_told_with_a_link_for_whoever_did_not_do_it(
    service: Service, ann: User
) -> None:
    await service.add(token := a_token_of(service, ann))

    await reset(service, text_of(token))

    [told] = mails(service)
    assert (told.to, told.template) == (ann.email, "password_reset")
    assert told.link is not None
    assert told.link.purpose is TokenPurpose.NOT_ME
    assert events(service) == ["password_reset"]


async def test_a_change_of_email_that_was_asked_for_before_is_off(
    service: Service, ann: User
) -> None:
    token = a_token_of(service, ann)
    pending = a_one_time_token(
        user_id=ann.id, purpose=TokenPurpose.CONFIRM_EMAIL, email="thief@example.com"
    )
    await service.add(token, pending)

    await reset(service, text_of(token))

    assert service.stored.one_time_tokens.find(pending.id) is None


async def test_a_token_works_once(service: Service, ann: User) -> None:
    await service.add(token := a_token_of(service, ann))
    await reset(service, text_of(token))

    with pytest.raises(InvalidToken):
        await reset(service, text_of(token), Password("another staple"))
    assert service.user(ann).password_hash == "plain:battery staple"


async def test_a_token_that_is_spent_meanwhile_does_nothing(service: Service, ann: User) -> None:
    await service.add(token := a_token_of(service, ann))

    async def spend_it_elsewhere() -> None:
        async with service.database() as uow:
            await uow.one_time_tokens.spend(token.id, at=service.clock.now())
            await uow.commit()

    service.use(PasswordStrength, MeddlingStrength(spend_it_elsewhere))

    with pytest.raises(InvalidToken):
        await reset(service, text_of(token))
    assert service.user(ann).password_hash == ann.password_hash


async def test_only_the_newest_works(service: Service, ann: User) -> None:
    await forget(service, ann.email)
    await forget(service, ann.email)
    first, second = mails(service)

    with pytest.raises(InvalidToken):
        await reset(service, token_in(first))
    await reset(service, token_in(second))


async def test_a_token_lives_as_long_as_is_set(service: Service, ann: User) -> None:
    service.use(TokenLifetime, TokenLifetime(timedelta(minutes=5)))
    await forget(service, ann.email)
    token = token_in(mails(service)[0])
    service.clock.advance(timedelta(minutes=5))

    with pytest.raises(InvalidToken):
        await reset(service, token)


def test_no_token_lives_longer_than_an_hour() -> None:
    with pytest.raises(ValueError, match="<="):
        TokenLifetime(timedelta(minutes=60, microseconds=1))


@pytest.mark.parametrize("purpose", sorted(set(TokenPurpose) - {TokenPurpose.RESET_PASSWORD}))
async def test_a_token_for_something_else_is_refused(
    service: Service, ann: User, purpose: TokenPurpose
) -> None:
    token = attrs.evolve(a_token_of(service, ann), purpose=purpose)
    await service.add(token)

    with pytest.raises(InvalidToken):
        await reset(service, text_of(token))


@pytest.mark.parametrize("junk", ["", "junk", "\ud800", "x" * 10_000])
async def test_junk_is_refused(service: Service, junk: str) -> None:
    with pytest.raises(InvalidToken):
        await reset(service, junk)


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "too_short"), ("password1", "weak_password"), ("Ann@Example.com", "weak_password")],
)
async def test_a_refused_password_spends_no_token(
    service: Service, ann: User, password: str, code: str
) -> None:
    await service.add(token := a_token_of(service, ann))

    with pytest.raises(Invalid) as refusal:
        await reset(service, text_of(token), Password(password))

    assert [(each.field, each.code) for each in refusal.value.errors] == [("new_password", code)]
    await reset(service, text_of(token))


@pytest.mark.parametrize(
    "gone", [a_user(is_active=False), a_user(deleted_at=LATER)], ids=["inactive", "deleted"]
)
async def test_who_may_not_act_gets_no_password(service: Service, gone: User) -> None:
    await service.add(gone, token := a_token_of(service, gone))

    with pytest.raises(InvalidToken):
        await reset(service, text_of(token))


async def test_a_changed_password_ends_the_links_that_were_asked_for_before(
    service: Service, ann: User
) -> None:
    await service.add(token := a_token_of(service, ann))

    await service[ChangePasswordHandler](
        ChangePassword(current_password=Password("correct horse"), new_password=NEW),
        an_actor(user_id=ann.id),
    )

    with pytest.raises(InvalidToken):
        await reset(service, text_of(token))
    assert addressed(service) == [(ann.email, "password_changed")]
