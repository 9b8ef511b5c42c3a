"""How long an answer takes tells nobody whether there is an account."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter

import pytest

from domain.access import MEMBER
from entrypoints.settings.schema import Settings
from tests.http.callers import OTHER_PASSWORD, register
from tests.http.client import Client
from tests.http.contract import Contract
from tests.http.test_throttling import from_address, serving

PAIRS = 300
TOLERANCE = 0.1
ATTEMPTS = 3
"""A leak shows every time, a busy machine does not."""

Ask = Callable[[Client, str], Awaitable[object]]


async def forget(client: Client, email: str) -> None:
    answer = await client.post("/auth/password/forgot", json={"email": email})
    assert answer.status == 202


async def sign_in(client: Client, email: str) -> None:
    form = {"username": email, "password": OTHER_PASSWORD}
    answer = await client.post("/auth/login", form=form)
    assert answer.problem == (401, "invalid_credentials")


def chance_that_one_is_slower(ones: list[float], others: list[float]) -> float:
    """The area under the ROC curve, by ranks (Mann and Whitney): 0.5 where nothing can be told."""
    ranked = sorted([(each, True) for each in ones] + [(each, False) for each in others])
    ranks = sum(rank for rank, (_, is_one) in enumerate(ranked, start=1) if is_one)
    return (ranks - len(ones) * (len(ones) + 1) / 2) / (len(ones) * len(others))


async def seconds(ask: Ask, client: Client, email: str) -> float:
    started = perf_counter()
    await ask(client, email)
    return perf_counter() - started


async def measured(ask: Ask, client: Client, known: str) -> float:
    unknown = known.replace("@", "-unknown@")
    times: dict[str, list[float]] = {known: [], unknown: []}
    gc.disable()
    try:
        for pair in range(PAIRS):
            # Each goes first as often as the other.
            for email in (known, unknown) if pair % 2 else (unknown, known):
                times[email].append(await seconds(ask, client, email))
    finally:
        gc.enable()
    return chance_that_one_is_slower(times[known], times[unknown])


@pytest.fixture
async def unlimited(
    settings: Settings, database_url: str, contract: Contract
) -> AsyncIterator[Client]:
    """Where one may ask as often as a measurement takes."""
    async with serving(
        settings, database_url, login_account="off", login_address="off", mail="off", general="off"
    ) as app:
        yield from_address(app, contract, "203.0.113.9")


@pytest.mark.parametrize("ask", [forget, sign_in])
async def test_the_time_tells_nothing(unlimited: Client, ask: Ask) -> None:
    client = unlimited
    known = (await register(client, MEMBER)).email
    for _ in range(10):
        await seconds(ask, client, known)
    chances: list[float] = []
    while len(chances) < ATTEMPTS:
        chances.append(await measured(ask, client, known))
        if abs(chances[-1] - 0.5) <= TOLERANCE:
            return
    pytest.fail(f"known accounts are told by the time: {chances}")


def test_the_measure_finds_what_is_there_to_be_found() -> None:
    assert chance_that_one_is_slower([2, 3, 4], [0, 1]) == 1
    assert chance_that_one_is_slower([0, 1], [2, 3, 4]) == 0
    assert chance_that_one_is_slower([0, 3], [1, 2]) == 0.5
