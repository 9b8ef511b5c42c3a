"""Which attempts count, and against whom."""

import asyncio
from datetime import timedelta

import pytest

from application.throttling.throttle import RateLimits, Throttle
from domain.access import ANONYMOUS, SYSTEM, Actor, Origin
from domain.auth import InvalidCredentials
from domain.errors import Unavailable
from domain.throttling import AccountLocked, RateLimit, RateLimited
from tests.application.service import Service

MINUTES = timedelta(minutes=5)
LIMITS = RateLimits(
    login_account=RateLimit("login_account", 3, MINUTES),
    login_address=RateLimit("login_address", 5, MINUTES),
    login_global=RateLimit("login_global", 8, MINUTES),
    mail=RateLimit("mail", 2, MINUTES),
    sign_up=RateLimit("signup", 2, MINUTES),
)


def at(address: str) -> Actor:
    return ANONYMOUS.calling_from(lambda: Origin(address=address))


HERE, THERE = at("203.0.113.9"), at("2001:db8::1")


@pytest.fixture
def throttle(service: Service) -> Throttle:
    service.use(RateLimits, LIMITS)
    return service[Throttle]


async def fail(
    throttle: Throttle, account: str, actor: Actor = HERE, *, is_familiar: bool = False
) -> None:
    async with throttle.sign_in(account, actor, is_familiar=is_familiar):
        raise InvalidCredentials


async def failures(
    throttle: Throttle, *accounts: str, actor: Actor = HERE, is_familiar: bool = False
) -> None:
    for account in accounts:
        with pytest.raises(InvalidCredentials):
            await fail(throttle, account, actor, is_familiar=is_familiar)


async def test_an_account_is_locked_after_so_many_failures(throttle: Throttle) -> None:
    await failures(throttle, "ann", "ann", "ann")

    with pytest.raises(AccountLocked) as refusal:
        await fail(throttle, "ann", THERE)
    assert 1 <= refusal.value.retry_after <= 600
    await failures(throttle, "bob")


async def test_success_does_not_count(throttle: Throttle) -> None:
    for _ in range(20):
        async with throttle.sign_in("ann", HERE, is_familiar=False):
            pass

    await failures(throttle, "ann", "ann", "ann")


@pytest.mark.parametrize("error", [ZeroDivisionError, Unavailable, asyncio.CancelledError])
async def test_what_broke_does_not_count(throttle: Throttle, error: type[BaseException]) -> None:
    """Or a crowd that keeps the service busy would lock accounts."""
    for _ in range(20):
        with pytest.raises(error):
            async with throttle.sign_in("ann", HERE, is_familiar=False):
                raise error

    await failures(throttle, "ann", "ann", "ann")


async def test_trying_many_at_once_gains_nothing(throttle: Throttle) -> None:
    outcomes = await asyncio.gather(
        *(fail(throttle, "ann") for _ in range(50)), return_exceptions=True
    )

    assert sum(isinstance(each, InvalidCredentials) for each in outcomes) == 3


async def test_an_address_is_stopped_whatever_accounts_it_tries(throttle: Throttle) -> None:
    await failures(throttle, "a", "b", "c", "d", "e")

    with pytest.raises(RateLimited):
        await fail(throttle, "f")
    await failures(throttle, "f", actor=THERE)


async def test_a_subscriber_has_one_count_for_all_addresses(throttle: Throttle) -> None:
    for number, account in enumerate("abcde"):
        await failures(throttle, account, actor=at(f"2001:db8::{number:x}"))

    with pytest.raises(RateLimited):
        await fail(throttle, "f", at("2001:db8::ffff"))


async def test_all_together_are_stopped(throttle: Throttle) -> None:
    for number in range(8):
        await failures(throttle, f"user-{number}", actor=at(f"203.0.113.{number}"))

    with pytest.raises(RateLimited) as refusal:
        await fail(throttle, "user-9", at("203.0.113.9"))
    assert refusal.value.limit.name == "login_global"


async def test_nobody_keeps_an_owner_out_of_where_they_have_been(throttle: Throttle) -> None:
    await failures(throttle, "ann", "ann", "ann")
    for number in range(5):
        await failures(throttle, f"user-{number}", actor=at(f"203.0.113.{100 + number}"))

    for _ in range(20):
        async with throttle.sign_in("ann", THERE, is_familiar=True):
            pass


async def test_from_where_an_owner_has_been_one_can_not_guess_for_ever(throttle: Throttle) -> None:
    await failures(throttle, "ann", "ann", "ann", actor=THERE, is_familiar=True)

    with pytest.raises(AccountLocked):
        await fail(throttle, "ann", THERE, is_familiar=True)


async def test_the_lock_ends_by_itself(service: Service, throttle: Throttle) -> None:
    await failures(throttle, "ann", "ann", "ann")
    with pytest.raises(AccountLocked) as refusal:
        await fail(throttle, "ann")

    service.clock.advance(timedelta(seconds=refusal.value.retry_after))

    await failures(throttle, "ann")


async def test_a_mail_counts_for_its_account_and_for_who_asks(throttle: Throttle) -> None:
    await throttle.mail("ann", HERE)
    await throttle.mail("bob", HERE)
    with pytest.raises(RateLimited):
        await throttle.mail("cid", HERE)

    await throttle.mail("ann", THERE)
    with pytest.raises(RateLimited):
        await throttle.mail("ann", at("203.0.113.77"))


async def test_so_many_accounts_are_made_from_one_address(throttle: Throttle) -> None:
    await throttle.sign_up(HERE)
    await throttle.sign_up(HERE)
    with pytest.raises(RateLimited):
        await throttle.sign_up(HERE)
    await throttle.sign_up(THERE)


async def test_the_command_line_is_not_throttled(throttle: Throttle) -> None:
    for _ in range(20):
        await throttle.sign_up(SYSTEM)
        await failures(throttle, "ann", actor=SYSTEM)


async def test_each_limit_can_be_turned_off(service: Service) -> None:
    service.use(RateLimits, RateLimits())

    for _ in range(20):
        await failures(service[Throttle], "ann")
        await service[Throttle].sign_up(HERE)
