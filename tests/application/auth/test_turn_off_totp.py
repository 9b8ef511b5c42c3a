"""Turning an authenticator app off, and getting new recovery codes."""

from datetime import timedelta

import attrs
import pytest

from application.auth.get_mfa import GetMfaHandler
from application.auth.renew_recovery_codes import RenewRecoveryCodes, RenewRecoveryCodesHandler
from application.auth.reset_totp import ResetTotp, ResetTotpHandler
from application.auth.turn_off_totp import TurnOffTotp, TurnOffTotpHandler
from application.users.ports import PasswordHasher
from domain.access import ANONYMOUS, SYSTEM, Actor, ApiKeyId, NotAuthenticated, PermissionDenied
from domain.auth import InvalidCredentials, ReauthenticationRequired
from domain.passwords import Password, WrongPassword
from domain.totp import TotpNotFound
from domain.users import User, UserNotFound
from tests.application.authenticators import (
    Authenticator,
    asked_for_a_code,
    set_up,
    show,
    signed_in,
    turned_on,
)
from tests.application.mails import addressed, events
from tests.application.meddling import MeddlingHasher
from tests.application.service import Service
from tests.builders import a_user, new_id

RIGHT = Password("correct horse")
WRONG = Password("wrong horse")
A_WHILE = timedelta(minutes=5, seconds=1)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def actor(service: Service, ann: User) -> Actor:
    return await signed_in(service, ann)


@pytest.fixture
async def app(service: Service, actor: Actor) -> Authenticator:
    return await turned_on(service, actor)


async def turn_off(service: Service, actor: Actor, password: Password = RIGHT) -> None:
    await service[TurnOffTotpHandler](TurnOffTotp(password=password), actor)


async def renew(service: Service, actor: Actor, password: Password | None = None) -> list[str]:
    renewing = RenewRecoveryCodes(password=password)
    return list(await service[RenewRecoveryCodesHandler](renewing, actor))


async def test_without_it_the_password_will_do_again(
    service: Service, ann: User, actor: Actor, app: Authenticator
) -> None:
    await turn_off(service, actor)

    await service.sign_in(ann)
    shown = await service[GetMfaHandler](actor)
    assert (shown.totp, shown.recovery_codes_left) == (False, 0)
    assert "totp_disabled" in events(service)
    assert addressed(service)[-1] == (ann.email, "totp_disabled")


async def test_the_next_one_shares_nothing_with_it(
    service: Service, ann: User, actor: Actor, app: Authenticator
) -> None:
    await turn_off(service, actor)
    other = await turned_on(service, actor)

    for code in (app.code(), app.recovery_codes[0]):
        with pytest.raises(InvalidCredentials):
            await show(service, await asked_for_a_code(service, ann), code)
    await show(service, await asked_for_a_code(service, ann), other.code())


async def test_turning_it_off_takes_the_password_however_recent_the_sign_in(
    service: Service, ann: User, actor: Actor, app: Authenticator
) -> None:
    with pytest.raises(WrongPassword):
        await turn_off(service, actor, WRONG)

    assert await asked_for_a_code(service, ann)


async def test_one_that_was_never_turned_on_goes_without_a_word(
    service: Service, actor: Actor
) -> None:
    await set_up(service, actor)

    await turn_off(service, actor)

    assert addressed(service) == []
    with pytest.raises(TotpNotFound):
        await turn_off(service, actor)


async def test_new_recovery_codes_take_the_place_of_the_old(
    service: Service, ann: User, actor: Actor, app: Authenticator
) -> None:
    await show(service, await asked_for_a_code(service, ann), app.recovery_codes[0])

    codes = await renew(service, actor)

    assert len(codes) == 10
    assert not set(codes) & set(app.recovery_codes)
    assert (await service[GetMfaHandler](actor)).recovery_codes_left == 10
    assert addressed(service)[-1] == (ann.email, "recovery_codes_renewed")
    with pytest.raises(InvalidCredentials):
        await show(service, await asked_for_a_code(service, ann), app.recovery_codes[1])
    await show(service, await asked_for_a_code(service, ann), codes[0])


async def test_new_recovery_codes_take_a_recent_sign_in_or_the_password(
    service: Service, actor: Actor, app: Authenticator
) -> None:
    service.clock.advance(A_WHILE)

    with pytest.raises(ReauthenticationRequired):
        await renew(service, actor)
    with pytest.raises(WrongPassword):
        await renew(service, actor, WRONG)
    assert await renew(service, actor, RIGHT)


async def test_without_an_app_there_are_no_recovery_codes(service: Service, actor: Actor) -> None:
    with pytest.raises(TotpNotFound):
        await renew(service, actor)
    await set_up(service, actor)
    with pytest.raises(TotpNotFound):
        await renew(service, actor)


async def test_neither_strangers_nor_programs_do_either(
    service: Service, actor: Actor, app: Authenticator
) -> None:
    program = attrs.evolve(actor, api_key_id=ApiKeyId(new_id()), session_id=None)

    for somebody, refusal in ((ANONYMOUS, NotAuthenticated), (program, PermissionDenied)):
        with pytest.raises(refusal):
            await turn_off(service, somebody)
        with pytest.raises(refusal):
            await renew(service, somebody, RIGHT)


async def test_an_operator_lets_in_who_has_lost_everything(
    service: Service, ann: User, app: Authenticator
) -> None:
    await service[ResetTotpHandler](ResetTotp(user_id=ann.id), SYSTEM)

    await service.sign_in(ann)
    assert "totp_disabled" in events(service)
    assert addressed(service)[-1] == (ann.email, "totp_disabled")
    with pytest.raises(TotpNotFound):
        await service[ResetTotpHandler](ResetTotp(user_id=ann.id), SYSTEM)


async def test_nobody_else_resets_anything(
    service: Service, ann: User, actor: Actor, app: Authenticator
) -> None:
    for somebody, refusal in ((ANONYMOUS, NotAuthenticated), (actor, PermissionDenied)):
        with pytest.raises(refusal):
            await service[ResetTotpHandler](ResetTotp(user_id=ann.id), somebody)
    with pytest.raises(UserNotFound):
        await service[ResetTotpHandler](ResetTotp(user_id=a_user().id), SYSTEM)


async def test_a_password_that_changes_meanwhile_confirms_nothing(
    service: Service, ann: User, actor: Actor, app: Authenticator
) -> None:
    async def meanwhile() -> None:
        async with service.database() as uow:
            user = await uow.users.get(ann.id)
            user.change_password("plain:battery staple", at=user.updated_at)
            await uow.users.save(user)
            await uow.commit()

    service.use(PasswordHasher, MeddlingHasher(meanwhile))

    with pytest.raises(WrongPassword):
        await turn_off(service, actor)
    with pytest.raises(WrongPassword):
        await renew(service, actor, RIGHT)
