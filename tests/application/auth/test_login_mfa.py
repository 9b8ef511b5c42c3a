"""The second step of a sign-in."""

import asyncio
from datetime import timedelta

import pytest

from adapters.memory.security import PlainSecretCipher
from application.auth.login import Login, LoginHandler
from application.auth.ports import SecretCipher
from domain.access import ANONYMOUS, NotAuthenticated, Origin
from domain.audit import SecurityEvent
from domain.auth import InvalidCredentials, TokenExpired, TokenRevoked
from domain.passwords import Password
from domain.secrets import UnreadableSecret
from domain.throttling import AccountLocked
from domain.totp import MfaRequired
from domain.users import InactiveUser, User
from tests.application.authenticators import (
    Authenticator,
    asked_for_a_code,
    show,
    signed_in,
    turned_on,
)
from tests.application.mails import addressed, events
from tests.application.service import Service
from tests.builders import LATER, a_user

STEP = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def app(service: Service, ann: User) -> Authenticator:
    return await turned_on(service, await signed_in(service, ann))


async def change(service: Service, ann: User, **changes: object) -> None:
    async with service.database() as uow:
        user = await uow.users.get(ann.id)
        for name, value in changes.items():
            setattr(user, name, value)
        await uow.users.save(user)
        await uow.commit()


async def refused(service: Service, ann: User, code: str) -> None:
    with pytest.raises(InvalidCredentials):
        await show(service, await asked_for_a_code(service, ann), code)


async def test_the_password_alone_opens_no_session(
    service: Service, ann: User, app: Authenticator
) -> None:
    before = len(service.live_sessions_of(ann))
    last_login_at = service.user(ann).last_login_at
    service.clock.advance(MINUTE)

    await asked_for_a_code(service, ann)

    assert len(service.live_sessions_of(ann)) == before
    assert service.user(ann).last_login_at == last_login_at
    assert events(service)[-1] == "mfa_required"


async def test_the_password_and_a_code_do(service: Service, ann: User, app: Authenticator) -> None:
    token = await asked_for_a_code(service, ann)
    device = ANONYMOUS.calling_from(lambda: Origin(address="203.0.113.9", user_agent="curl/8"))

    tokens = await show(service, token, app.code(), device)

    actor = await service.actor(tokens)
    assert actor.user_id == ann.id
    session = service.stored.sessions.find(actor.session_id) if actor.session_id else None
    assert session is not None
    assert (session.ip, session.user_agent) == ("203.0.113.9", "curl/8")
    assert session.is_recent(at=service.clock.now())
    assert events(service)[-2:] == ["signed_in", "new_device"]
    entries = [each for each in service.stored.audit.scan() if each.subject == str(session.id)]
    [entry] = [each for each in entries if each.event == SecurityEvent.SIGNED_IN]
    assert entry.details == {"mfa": "totp"}


async def test_nobody_is_asked_before_the_right_password(
    service: Service, ann: User, app: Authenticator
) -> None:
    login = Login(name=ann.username, password=Password("wrong horse"))
    with pytest.raises(InvalidCredentials) as refusal:
        await service[LoginHandler](login, ANONYMOUS)
    with pytest.raises(InvalidCredentials) as of_nobody:
        await service[LoginHandler](Login(name="nobody", password=login.password), ANONYMOUS)

    assert refusal.value.detail == of_nobody.value.detail


async def test_a_code_is_good_once(service: Service, ann: User, app: Authenticator) -> None:
    code = app.code()
    await show(service, await asked_for_a_code(service, ann), code)

    await refused(service, ann, code)
    service.clock.advance(STEP)
    await refused(service, ann, code)
    await show(service, await asked_for_a_code(service, ann), app.code())


async def test_no_code_from_before_the_last_one_is_good(
    service: Service, ann: User, app: Authenticator
) -> None:
    await show(service, await asked_for_a_code(service, ann), app.code(steps=1))

    await refused(service, ann, app.code())


async def test_of_racing_callers_with_one_code_one_is_let_in(
    service: Service, ann: User, app: Authenticator
) -> None:
    tokens = [await asked_for_a_code(service, ann) for _ in range(4)]

    outcomes = await asyncio.gather(
        *(show(service, token, app.code()) for token in tokens), return_exceptions=True
    )

    assert len([each for each in outcomes if isinstance(each, InvalidCredentials)]) == 3


async def test_a_recovery_code_is_good_once_and_its_owner_is_told(
    service: Service, ann: User, app: Authenticator
) -> None:
    first, second, *_ = app.recovery_codes
    tokens = await show(service, await asked_for_a_code(service, ann), first.upper())

    assert (await service.actor(tokens)).user_id == ann.id
    assert addressed(service)[-1] == (ann.email, "recovery_code_used")
    await refused(service, ann, first)
    await show(service, await asked_for_a_code(service, ann), second)


async def test_nobodys_code_is_good_for_another(
    service: Service, ann: User, app: Authenticator
) -> None:
    await service.add(bob := a_user())
    theirs = await turned_on(service, await signed_in(service, bob))

    await refused(service, ann, theirs.code())
    await refused(service, ann, theirs.recovery_codes[0])
    assert (
        await service.actor(
            await show(service, await asked_for_a_code(service, bob), theirs.code())
        )
    ).user_id == bob.id


async def test_five_wrong_codes_are_too_many(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)
    for code in (app.wrong_code, app.recovery_codes[0][:-1] + "1", "", "\ud800", app.wrong_code):
        with pytest.raises(InvalidCredentials):
            await show(service, token, code)

    # Neither the right one nor a recovery code, nor with another token.
    for code in (app.code(), app.recovery_codes[0]):
        with pytest.raises(AccountLocked) as refusal:
            await show(service, await asked_for_a_code(service, ann), code)
    assert refusal.value.retry_after == 300
    assert addressed(service)[-1] == (ann.email, "mfa_locked")
    assert events(service).count("mfa_refused") == 5
    assert events(service).count("mfa_locked") == 1


async def test_the_lock_opens_by_itself_and_leaves_sessions_alone(
    service: Service, ann: User, app: Authenticator
) -> None:
    live = service.live_sessions_of(ann)
    for _ in range(5):
        await refused(service, ann, app.wrong_code)
    assert service.live_sessions_of(ann) == live

    service.clock.advance(timedelta(minutes=5) - TICK)
    with pytest.raises(AccountLocked):
        await show(service, await asked_for_a_code(service, ann), app.code())
    service.clock.advance(TICK)
    await show(service, await asked_for_a_code(service, ann), app.code())


async def test_guesses_that_come_at_once_are_all_counted(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)

    outcomes = await asyncio.gather(
        *(show(service, token, app.wrong_code) for _ in range(20)), return_exceptions=True
    )

    assert len([each for each in outcomes if isinstance(each, InvalidCredentials)]) == 5
    assert len([each for each in outcomes if isinstance(each, AccountLocked)]) == 15


async def test_a_right_code_does_not_wipe_wrong_ones_away(
    service: Service, ann: User, app: Authenticator
) -> None:
    for _ in range(4):
        await refused(service, ann, app.wrong_code)
    await show(service, await asked_for_a_code(service, ann), app.code())
    await refused(service, ann, app.wrong_code)

    with pytest.raises(AccountLocked):
        await show(service, await asked_for_a_code(service, ann), app.recovery_codes[0])


async def test_a_token_is_good_for_one_session(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)
    await show(service, token, app.code())
    service.clock.advance(STEP)

    with pytest.raises(TokenRevoked):
        await show(service, token, app.code())
    # And what was shown with it is not spent.
    await show(service, await asked_for_a_code(service, ann), app.code())


async def test_a_wrong_code_does_not_end_the_token(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)
    with pytest.raises(InvalidCredentials):
        await show(service, token, app.wrong_code)

    await show(service, token, app.code())


async def test_a_token_lives_for_five_minutes(
    service: Service, ann: User, app: Authenticator
) -> None:
    early, late = await asked_for_a_code(service, ann), await asked_for_a_code(service, ann)

    service.clock.advance(5 * MINUTE - TICK)
    await show(service, early, app.code())
    service.clock.advance(TICK)
    with pytest.raises(TokenExpired):
        await show(service, late, app.code(steps=1))


async def test_a_token_ends_with_the_password_it_was_given_for(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)
    await change(service, ann, password_hash="plain:battery staple")

    with pytest.raises(TokenRevoked):
        await show(service, token, app.code())
    assert events(service)[-1] == "sign_in_refused"


async def test_a_hash_that_is_made_anew_ends_nothing(service: Service) -> None:
    await service.add(ann := a_user())
    app = await turned_on(service, await signed_in(service, ann))
    await change(service, ann, password_hash="outdated:correct horse")

    token = await asked_for_a_code(service, ann)

    assert service.user(ann).password_hash == "plain:correct horse"
    await show(service, token, app.code())


async def test_the_inactive_and_the_deleted_stay_outside(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)
    await change(service, ann, is_active=False)
    with pytest.raises(InactiveUser):
        await show(service, token, app.code())

    await change(service, ann, is_active=True, deleted_at=LATER)
    with pytest.raises(TokenRevoked):
        await show(service, token, app.code())


async def test_a_token_ends_with_the_app_it_waits_for(
    service: Service, ann: User, app: Authenticator
) -> None:
    token = await asked_for_a_code(service, ann)
    async with service.database() as uow:
        await uow.totps.remove(ann.id)
        await uow.commit()

    with pytest.raises(TokenRevoked):
        await show(service, token, app.code())


async def test_no_kind_of_token_passes_for_another(
    service: Service, ann: User, app: Authenticator
) -> None:
    waiting = await asked_for_a_code(service, ann)
    tokens = await show(service, waiting, app.code())
    service.clock.advance(STEP)
    waiting = await asked_for_a_code(service, ann)

    for other in (tokens.access_token, tokens.refresh_token, "", "junk"):
        with pytest.raises(InvalidCredentials):
            await show(service, other, app.code())
    with pytest.raises(NotAuthenticated):
        service.access_tokens.verify(waiting)


async def test_where_the_key_is_gone_recovery_codes_still_let_in(
    service: Service, ann: User, app: Authenticator
) -> None:
    service.use(SecretCipher, PlainSecretCipher("another key"))

    token = await asked_for_a_code(service, ann)
    with pytest.raises(UnreadableSecret):
        await show(service, token, app.code())
    await show(service, token, app.recovery_codes[0])


async def test_a_secret_that_was_moved_to_another_account_opens_nothing(
    service: Service, ann: User, app: Authenticator
) -> None:
    await service.add(eve := a_user())
    hers = await turned_on(service, await signed_in(service, eve))
    async with service.database() as uow:
        moved = await uow.totps.find(eve.id)
        target = await uow.totps.find(ann.id)
        assert moved is not None
        assert target is not None
        target.reseal(moved.sealed)
        await uow.totps.save(target)
        await uow.commit()

    with pytest.raises(UnreadableSecret):
        await show(service, await asked_for_a_code(service, ann), hers.code())


async def test_what_is_required_says_nothing_secret() -> None:
    required = MfaRequired("canary")

    assert "canary" not in f"{required!r} {required} {required.detail}"
