"""How often one may ask, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import httpx
import pytest
from fastapi import FastAPI

from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.callers import OTHER_PASSWORD, PASSWORD, as_member, register, sign_in
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract


@asynccontextmanager
async def serving(settings: Settings, url: str, **limits: str) -> AsyncIterator[FastAPI]:
    rates = {f"rate_limit_{name}": rate for name, rate in limits.items()}
    app = create_app(settings.model_copy(update=rates), url)
    async with app.router.lifespan_context(app):
        yield app


def from_address(app: FastAPI, contract: Contract, address: str) -> Client:
    transport = httpx.ASGITransport(app, client=(address, 4711))
    http = httpx.AsyncClient(transport=transport, base_url=ROOT)
    return Client(http=http, contract=contract, inside=app.state.inside)


async def sign_up(client: Client, name: str) -> Answer:
    return await client.post("/users", json={"email": f"{name}@example.com", "password": PASSWORD})


async def test_a_refusal_says_what_is_allowed_and_when_to_come_back(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, general="5/1m") as app:
        client = from_address(app, contract, "203.0.113.9")
        ann = await as_member(client)
        while (answer := await ann.get("/users/me")).status == 200:
            pass

        assert answer.problem == (429, "rate_limited")
        wait = int(answer.headers["retry-after"])
        assert 1 <= wait <= 120
        assert answer.headers["ratelimit-policy"] == '"general";q=5;w=60'
        assert answer.headers["ratelimit"] == f'"general";r=0;t={wait}'
        # Others go on, and so do the probes of whoever looks after the service.
        bob = await as_member(from_address(app, contract, "203.0.113.10"))
        assert (await bob.get("/auth/sessions")).status == 200
        assert (await client.get(f"{ROOT}/health/live")).status == 200


@pytest.mark.parametrize(
    "header", [{"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic x"}, {"X-API-Key": "x"}]
)
async def test_bad_credentials_are_counted_too(
    settings: Settings, database_url: str, contract: Contract, header: dict[str, str]
) -> None:
    async with serving(settings, database_url, general="3/1m") as app:
        here, elsewhere = (from_address(app, contract, f"203.0.113.{n}") for n in (1, 2))
        ann = await as_member(elsewhere)
        answers = [await here.get("/users/me", headers=header) for _ in range(4)]
        assert [answer.status for answer in answers] == [401, 401, 401, 429]
        # Whoever is known goes on, from the same address too.
        ann_here = attrs.evolve(ann, http=here.http)
        assert (await ann_here.get("/users/me")).status == 200


async def test_so_many_sign_up_from_one_address(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, signup="2/1h") as app:
        here = from_address(app, contract, "2001:db8::1")
        statuses = [(await sign_up(here, f"ann-{number}")).status for number in range(3)]
        assert statuses == [201, 201, 429]
        next_door = from_address(app, contract, "2001:db8::2")
        assert (await sign_up(next_door, "bob")).problem == (429, "rate_limited")
        elsewhere = from_address(app, contract, "2001:db8:0:1::1")
        assert (await sign_up(elsewhere, "bob")).status == 201


async def test_the_count_survives_a_restart(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    for expected in (201, 429):
        async with serving(settings, database_url, signup="1/1h") as app:
            client = from_address(app, contract, "203.0.113.9")
            assert (await sign_up(client, f"ann-{expected}")).status == expected


async def test_who_may_make_accounts_makes_as_many_as_needed(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, signup="1/1h") as app:
        client = from_address(app, contract, "203.0.113.9")
        root = await register(client, is_superuser=True)
        caller = await sign_in(client, root.email)
        statuses = [(await sign_up(caller, f"ann-{number}")).status for number in range(3)]
        assert statuses == [201, 201, 201]


@pytest.mark.parametrize(
    ("spoofed", "prefix"), [("X-Forwarded-For", ""), ("X-Real-IP", ""), ("Forwarded", "for=")]
)
async def test_nobody_gets_a_new_quota_by_saying_they_are_somebody_else(
    settings: Settings, database_url: str, contract: Contract, spoofed: str, prefix: str
) -> None:
    async with serving(settings, database_url, signup="1/1h") as app:
        client = from_address(app, contract, "203.0.113.9")
        statuses = []
        for number in range(2):
            answer = await client.post(
                "/users",
                json={"email": f"ann-{number}@example.com", "password": PASSWORD},
                headers={spoofed: f"{prefix}198.51.100.{number}"},
            )
            statuses.append(answer.status)
        assert statuses == [201, 429]


async def guess(client: Client, name: str, password: str = "a wrong guess") -> Answer:  # noqa: S107 - no password at all
    return await client.post("/auth/login", form={"username": name, "password": password})


async def test_an_account_is_locked_for_strangers_and_not_for_its_owner(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, login_account="3/5m") as app:
        home, away = (from_address(app, contract, f"203.0.113.{n}") for n in (1, 2))
        ann = await as_member(home)
        for _ in range(3):
            assert (await guess(away, ann.username)).problem == (401, "invalid_credentials")
        # By either of its names, and also with the right password.
        locked = await guess(away, ann.email, PASSWORD)
        assert locked.problem == (429, "account_locked")
        assert locked.headers["ratelimit-policy"] == '"login_account";q=3;w=300'
        # The owner goes on where they are signed in, and signs in where they have been.
        assert (await ann.get("/users/me")).status == 200
        assert (await guess(home, ann.email, PASSWORD)).status == 200


async def test_a_lock_tells_nobody_which_accounts_there_are(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, login_account="3/5m") as app:
        ann = await as_member(from_address(app, contract, "203.0.113.1"))
        away = from_address(app, contract, "203.0.113.2")
        known = [(await guess(away, ann.email)).problem for _ in range(4)]
        unknown = [(await guess(away, "nobody@example.com")).problem for _ in range(4)]
        assert known == unknown


async def test_two_processes_count_failures_together(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    limits = {"login_account": "4/5m"}
    async with (
        serving(settings, database_url, **limits) as one,
        serving(settings, database_url, **limits) as other,
    ):
        ann = await as_member(from_address(one, contract, "203.0.113.1"))
        statuses = [
            (await guess(from_address(app, contract, "203.0.113.2"), ann.email)).status
            for app in (one, other, one, other, one, other)
        ]
        assert statuses == [401, 401, 401, 401, 429, 429]


async def test_guessing_at_the_same_time_gains_nothing(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, login_account="3/5m") as app:
        ann = await as_member(from_address(app, contract, "203.0.113.1"))
        away = from_address(app, contract, "203.0.113.2")
        answers = await asyncio.gather(*(guess(away, ann.email) for _ in range(12)))
        assert sorted(answer.status for answer in answers) == [401] * 3 + [429] * 9


async def test_one_address_tries_many_accounts_and_is_stopped(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, login_address="3/5m") as app:
        away = from_address(app, contract, "203.0.113.2")
        statuses = [(await guess(away, f"user-{number}")).status for number in range(5)]
        assert statuses == [401, 401, 401, 429, 429]


async def test_whoever_took_a_session_over_does_not_guess_the_password(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, login_account="3/5m") as app:
        ann = await as_member(from_address(app, contract, "203.0.113.1"))
        thief = from_address(app, contract, "203.0.113.66").bearing(ann.token)

        async def change(client: Client, password: str) -> Answer:
            body = {"current_password": password, "new_password": OTHER_PASSWORD}
            return await client.post("/users/me/password", json=body)

        statuses = [(await change(thief, f"guess {number}")).status for number in range(5)]
        assert statuses == [403, 403, 403, 429, 429]
        # Where the owner is, nothing was counted.
        assert (await change(ann, PASSWORD)).status == 204
