"""Setting up an authenticator app, and turning it on."""

import asyncio
from datetime import timedelta

import attrs
import pytest

from application.auth.confirm_totp import ConfirmTotp, ConfirmTotpHandler
from application.auth.get_mfa import GetMfaHandler
from application.auth.set_up_totp import SetUpTotp, SetUpTotpHandler, TotpIssuer
from domain.access import ANONYMOUS, Actor, ApiKeyId, NotAuthenticated, PermissionDenied
from domain.auth import ReauthenticationRequired
from domain.passwords import Password, WrongPassword
from domain.throttling import AccountLocked
from domain.totp import InvalidCode, TotpAlreadyOn, TotpNotFound
from domain.users import User
from tests.application.authenticators import (
    Authenticator,
    asked_for_a_code,
    set_up,
    show,
    signed_in,
    turned_on,
)
from tests.application.mails import addressed, events
from tests.application.service import Service
from tests.builders import a_user, new_id

STEP = timedelta(seconds=30)
A_WHILE = timedelta(minutes=5, seconds=1)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def actor(service: Service, ann: User) -> Actor:
    return await signed_in(service, ann)


async def confirm(service: Service, code: str, actor: Actor) -> list[str]:
    return list(await service[ConfirmTotpHandler](ConfirmTotp(code=code), actor))


async def test_nothing_changes_until_a_code_is_shown(
    service: Service, ann: User, actor: Actor
) -> None:
    await set_up(service, actor)

    await service.sign_in(ann)
    assert not (await service[GetMfaHandler](actor)).totp
    assert addressed(service) == []


async def test_a_code_turns_it_on(service: Service, ann: User, actor: Actor) -> None:
    app = await set_up(service, actor)

    codes = await confirm(service, app.code(), actor)

    assert len(set(codes)) == 10
    assert await asked_for_a_code(service, ann)
    shown = await service[GetMfaHandler](actor)
    assert (shown.totp, shown.totp_enabled_at) == (True, service.clock.now())
    assert shown.recovery_codes_left == 10
    assert "totp_enabled" in events(service)
    assert addressed(service) == [(ann.email, "totp_enabled")]


async def test_the_app_is_told_whose_codes_it_shows(
    service: Service, ann: User, actor: Actor
) -> None:
    service.use(TotpIssuer, TotpIssuer("Shop & Co"))
    app = await set_up(service, actor)

    assert app.uri.startswith(f"otpauth://totp/Shop%20%26%20Co:{ann.email}?")


async def test_nothing_secret_is_stored_readably(service: Service, ann: User, actor: Actor) -> None:
    app = await turned_on(service, actor)

    stored = service.stored.totps.find(ann.id)
    assert stored is not None
    for code in app.recovery_codes:
        assert code.encode() not in stored.recovery_codes
        assert code not in repr(stored)


async def test_of_two_set_ups_the_last_one_counts(service: Service, actor: Actor) -> None:
    first, second = await set_up(service, actor), await set_up(service, actor)

    with pytest.raises(InvalidCode):
        await confirm(service, first.code(), actor)
    await confirm(service, second.code(), actor)


async def test_the_code_that_confirmed_signs_nobody_in(
    service: Service, ann: User, actor: Actor
) -> None:
    app = await set_up(service, actor)
    await confirm(service, app.code(), actor)

    with pytest.raises(Exception, match="not valid"):
        await show(service, await asked_for_a_code(service, ann), app.code())
    service.clock.advance(STEP)
    await show(service, await asked_for_a_code(service, ann), app.code())


async def test_a_wrong_code_turns_nothing_on(service: Service, ann: User, actor: Actor) -> None:
    app = await set_up(service, actor)

    for code in (app.wrong_code, app.code(steps=-2), app.code(steps=2), "", "\ud800"):
        with pytest.raises(InvalidCode):
            await confirm(service, code, actor)

    await service.sign_in(ann)


async def test_five_wrong_codes_are_too_many_here_too(service: Service, actor: Actor) -> None:
    app = await set_up(service, actor)
    for _ in range(5):
        with pytest.raises(InvalidCode):
            await confirm(service, app.wrong_code, actor)

    with pytest.raises(AccountLocked):
        await confirm(service, app.code(), actor)
    service.clock.advance(A_WHILE)
    await confirm(service, app.code(), actor)


async def test_of_racing_confirmations_one_is_given_the_codes(
    service: Service, actor: Actor
) -> None:
    app = await set_up(service, actor)

    outcomes = await asyncio.gather(
        *(confirm(service, app.code(), actor) for _ in range(5)), return_exceptions=True
    )

    assert [type(each) for each in outcomes] == [list] + [TotpAlreadyOn] * 4


async def test_one_that_is_on_has_to_be_turned_off_first(service: Service, actor: Actor) -> None:
    app = await turned_on(service, actor)

    with pytest.raises(TotpAlreadyOn):
        await set_up(service, actor)
    with pytest.raises(TotpAlreadyOn):
        await confirm(service, app.code(), actor)


async def test_there_is_nothing_to_confirm_at_first(service: Service, actor: Actor) -> None:
    with pytest.raises(TotpNotFound):
        await confirm(service, "123456", actor)


async def test_a_sign_in_long_ago_has_to_be_backed_by_the_password(
    service: Service, actor: Actor
) -> None:
    service.clock.advance(A_WHILE)

    with pytest.raises(ReauthenticationRequired):
        await service[SetUpTotpHandler](SetUpTotp(), actor)
    with pytest.raises(WrongPassword):
        await service[SetUpTotpHandler](SetUpTotp(password=Password("wrong")), actor)
    await service[SetUpTotpHandler](SetUpTotp(password=Password("correct horse")), actor)


async def test_neither_strangers_nor_programs_set_one_up(service: Service, actor: Actor) -> None:
    app: Authenticator = await set_up(service, actor)
    program = attrs.evolve(actor, api_key_id=ApiKeyId(new_id()), session_id=None)

    for somebody, refusal in ((ANONYMOUS, NotAuthenticated), (program, PermissionDenied)):
        with pytest.raises(refusal):
            await service[SetUpTotpHandler](SetUpTotp(password=Password("correct horse")), somebody)
        with pytest.raises(refusal):
            await confirm(service, app.code(), somebody)
        with pytest.raises(refusal):
            await service[GetMfaHandler](somebody)
