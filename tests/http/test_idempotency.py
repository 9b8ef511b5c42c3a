"""`Idempotency-Key`: a request that is repeated under its key is done once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope

from application.access.create_role import CreateRole, CreateRoleHandler
from domain.access import Permission, RoleName
from entrypoints.http.app import create_app
from entrypoints.http.idempotency import Fingerprint
from entrypoints.http.routing import API_V1_STR, SIGNED_IN, declared, router_of
from entrypoints.http.schemas import Shape
from entrypoints.http.streams import StreamLimits, lasts
from entrypoints.http.wiring import CurrentActor, Inject
from entrypoints.settings.schema import Settings
from tests.http.callers import PASSWORD, as_member, as_superuser, with_api_key
from tests.http.cases.api_keys import A_KEY
from tests.http.client import API, ROOT, Answer, Client
from tests.http.contract import Contract
from tests.http.every_route import GOOD_REQUESTS, a_scene, good_request, operations_of
from tests.relay import Relay, relayed

_numbers = count(1)
KEYS = "/auth/api-keys"
EDITOR = {"name": "editor"}
LONG = "x" * 2**21
"""Longer than a body may be that is not read as it comes."""


def a_key() -> dict[str, str]:
    return {"Idempotency-Key": f"8e03978e-{next(_numbers)}"}


def repeatable(contract: Contract) -> list[str]:
    return [
        name
        for name, operation in operations_of(contract).items()
        if operation.definition.get("x-repeatable")
    ]


def shown(answer: Answer) -> tuple[int, bytes, Mapping[str, str]]:
    """All of it, but for which request it answers."""
    headers = {name: text for name, text in answer.headers.items() if name != "x-request-id"}
    headers.pop("idempotent-replayed", None)
    return answer.status, answer.content, headers


async def test_every_repeatable_route_answers_a_repetition_as_it_answered_at_first(
    client: Client, contract: Contract
) -> None:
    scene = await a_scene(client)
    superuser = await as_superuser(client)
    names = repeatable(contract)
    assert {"register_user", "create_role", "create_api_key"} <= set(names)
    for name in names:
        operation, key = operations_of(contract)[name], a_key()
        good = good_request(operation, scene)
        caller = superuser if operation.access == "permission" else scene.owner
        first = await good.by(caller, operation, key)
        again = await good.by(caller, operation, key)
        assert first.status < 300, name
        assert shown(again) == shown(first), name
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"


def test_others_do_not_say_that_they_are_repeatable(contract: Contract) -> None:
    for name in set(GOOD_REQUESTS) - set(repeatable(contract)):
        assert "Idempotency-Key" not in str(operations_of(contract)[name].definition)


async def test_a_repetition_makes_nothing_more(client: Client) -> None:
    member, key = await as_member(client), a_key()
    for _ in range(3):
        await member.post(KEYS, json=A_KEY, headers=key)
    assert (await member.get(KEYS))["total"] == 1
    await member.post(KEYS, json=A_KEY, headers=a_key())
    await member.post(KEYS, json=A_KEY)
    await member.post(KEYS, json=A_KEY)
    assert (await member.get(KEYS))["total"] == 4


async def test_what_was_made_is_told_as_it_was_then(client: Client) -> None:
    member, key = await as_member(client), a_key()
    first = await member.post(KEYS, json=A_KEY, headers=key)
    await member.delete(first.headers["location"].removeprefix("/api/v1"))
    again = await member.post(KEYS, json=A_KEY, headers=key)
    assert shown(again) == shown(first)


@pytest.mark.parametrize("changed", [{**A_KEY, "name": "Nightly"}, {**A_KEY, "expires_at": None}])
async def test_another_request_under_the_same_key_is_refused(
    client: Client, changed: object
) -> None:
    member, key = await as_member(client), a_key()
    await member.post(KEYS, json=A_KEY, headers=key)
    answer = await member.post(KEYS, json=changed, headers=key)
    assert answer.problem == (422, "idempotency_key_reused")
    assert (await member.get(KEYS))["total"] == 1


async def test_a_key_is_its_callers_and_its_routes_own(client: Client) -> None:
    ann, bob, key = await as_member(client), await as_superuser(client), a_key()
    program = await with_api_key(bob, Permission.ROLES_CREATE)
    answers = [
        await ann.post(KEYS, json=A_KEY, headers=key),
        await bob.post(KEYS, json=A_KEY, headers=key),
        await bob.post("/roles", json={"name": "editor"}, headers=key),
        await program.post("/roles", json={"name": "writer"}, headers=key),
    ]
    assert [answer.status for answer in answers] == [201] * 4
    assert not any("idempotent-replayed" in answer.headers for answer in answers)


async def test_a_refusal_is_not_remembered(client: Client) -> None:
    member, key = await as_member(client), a_key()
    refused = await member.post(KEYS, json={**A_KEY, "name": ""}, headers=key)
    assert refused.problem == (400, "validation_error")
    assert (await member.post(KEYS, json=A_KEY, headers=key)).status == 201


async def test_a_stranger_signs_up_once(client: Client) -> None:
    body, key = {"email": "new@example.com", "password": PASSWORD}, a_key()
    first = await client.post("/users", json=body, headers=key)
    again = await client.post("/users", json=body, headers=key)
    assert shown(again) == shown(first)
    assert (await client.post("/users", json=body)).problem == (409, "email_taken")
    assert (await client.post("/users", json=body, headers=a_key())).problem == (409, "email_taken")


async def test_a_secret_is_given_again_and_lies_nowhere_in_the_clear(
    client: Client, database_url: str
) -> None:
    member, key = await as_member(client), a_key()
    first = await member.post(KEYS, json=A_KEY, headers=key)
    again = await member.post(KEYS, json=A_KEY, headers=key)
    assert again["key"] == first["key"]
    connection = await asyncpg.connect(database_url)
    try:
        [kept] = await connection.fetch("SELECT * FROM kept_answers")
    finally:
        await connection.close()
    assert first.text("key").encode() not in kept["sealed_answer"]
    assert first.text("id").encode() not in kept["sealed_answer"]


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "\xe4"])
async def test_a_key_is_of_visible_ascii(client: Client, key: str) -> None:
    member = await as_member(client)
    answer = await member.post(KEYS, json=A_KEY, headers={"Idempotency-Key": key})
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {("Idempotency-Key", "invalid_key")}


async def test_two_keys_are_none(client: Client) -> None:
    member = await as_member(client)
    answer = await client.http.post(
        f"{API}{KEYS}",
        json=A_KEY,
        headers=[
            ("Authorization", f"Bearer {member.token}"),
            ("Idempotency-Key", "a"),
            ("Idempotency-Key", "b"),
        ],
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "duplicate")


async def test_of_fifty_at_once_one_is_done(client: Client) -> None:
    member, key = await as_member(client), a_key()
    answers = await asyncio.gather(*(member.post(KEYS, json=A_KEY, headers=key) for _ in range(50)))
    problems = {answer.problem for answer in answers}
    assert problems == {(201, ""), (409, "idempotency_key_in_use")}
    assert len({answer["id"] for answer in answers if answer.status == 201}) == 1
    assert (await member.get(KEYS))["total"] == 1


@asynccontextmanager
async def also_served(
    settings: Settings, url: str, member: Client, *routes: BaseRoute
) -> AsyncIterator[Client]:
    """The same caller, at another server of the same database, with some more routes."""
    app: FastAPI = create_app(settings, url)
    app.router.routes.extend(routes)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        yield Client(
            http=http, contract=member.contract, inside=app.state.inside, token=member.token
        )


async def test_of_fifty_at_once_on_two_servers_one_is_done(
    client: Client, settings: Settings, database_url: str
) -> None:
    member = await as_member(client)
    async with also_served(settings, database_url, member) as elsewhere:
        for number in range(10):
            body, key = {"email": f"new-{number}@example.com", "password": PASSWORD}, a_key()
            answers = await asyncio.gather(
                *(who.post("/users", json=body, headers=key) for who in [member, elsewhere] * 5)
            )
            problems = {answer.problem for answer in answers}
            assert problems <= {(201, ""), (409, "idempotency_key_in_use")}
            assert len({answer["id"] for answer in answers if answer.status == 201}) == 1


NOTES = "/notes-as-they-come"
notes = router_of("notes-as-they-come", prefix=API_V1_STR)


class Taken(Shape):
    size: int


@notes.post(NOTES, status_code=201, response_model=Taken, **declared(SIGNED_IN, repeatable=True))
async def take_notes(
    request: Request, actor: CurrentActor, create: Inject[CreateRoleHandler]
) -> Taken:
    """As many bytes as are sent, read as they come; and a change, or there would be nothing to
    keep from being done twice."""
    lasts(request, StreamLimits(max_bytes=2**22, seconds=60, silence=60))
    size = 0
    async for piece in request.stream():
        size += len(piece)
    await create(CreateRole(name=RoleName(f"of-{size}")), actor)
    return Taken(size=size)


def a_part(boundary: str, text: str = "Lamp") -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n{text}\r\n'
        f"--{boundary}--\r\n"
    ).encode()


def in_a_form(boundary: str, text: str) -> tuple[str, bytes]:
    return f"multipart/form-data; boundary={boundary}", a_part(boundary, text)


@pytest.mark.parametrize(
    "bodies",
    [
        [
            ("text/csv", LONG.encode()),
            ("text/csv", LONG.encode()),
            ("text/csv", f"a{LONG}".encode()),
        ],
        [in_a_form("one", LONG), in_a_form("two", LONG), in_a_form("two", f"a{LONG}")],
    ],
    ids=["by itself", "in a form, whatever its boundary"],
)
async def test_what_is_read_as_it_comes_is_taken_once(
    client: Client, settings: Settings, database_url: str, bodies: list[tuple[str, bytes]]
) -> None:
    superuser, key = await as_superuser(client), a_key()
    async with also_served(settings, database_url, superuser, *notes.routes) as served:
        first, again, other = [
            await served.http.post(
                f"{API}{NOTES}",
                content=body,
                headers={
                    **key,
                    "Authorization": f"Bearer {superuser.token}",
                    "Content-Type": media_type,
                },
            )
            for media_type, body in bodies
        ]
    assert (first.status_code, first.json()) == (201, {"size": len(bodies[0][1])})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[Relay]:
    async with relayed(database_url) as relay:
        yield relay


async def test_costs_two_statements_and_a_repetition_one(
    client: Client, settings: Settings, relay: Relay
) -> None:
    superuser, key = await as_superuser(client), a_key()
    async with also_served(settings, relay.url, superuser) as counted:
        await counted.get("/permissions")
        relay.statements.clear()
        await counted.post("/roles", json=EDITOR, headers=key)
        # The transaction begins with a lock, in one round trip.
        assert relay.verbs.removesuffix(" SELECT") == "SELECT DO INSERT INSERT INSERT COMMIT"
        relay.statements.clear()
        await counted.post("/roles", json=EDITOR, headers=key)
        assert relay.verbs == "SELECT"


async def test_a_connection_that_breaks_at_the_commit_leaves_nothing_half_done(
    client: Client, settings: Settings, relay: Relay
) -> None:
    superuser, key = await as_superuser(client), a_key()
    async with also_served(settings, relay.url, superuser) as cut:
        relay.breaks_at = "COMMIT"
        assert (await cut.post("/roles", json=EDITOR, headers=key)).status == 503
        relay.breaks_at = None
        assert (await superuser.get("/roles/editor")).problem == (404, "role_not_found")
        answer = await cut.post("/roles", json=EDITOR, headers=key)
    assert answer.status == 201
    assert (await superuser.get("/roles/editor")).body == answer.body


def received(*chunks: bytes) -> Receive:
    messages = iter(
        [
            *({"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks),
            {"type": "http.request", "body": b"", "more_body": False},
        ]
    )

    async def receive() -> Message:
        return next(messages)

    return receive


def posted(media_type: str, path: str = "/import", query: bytes = b"") -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query,
        "headers": [(b"content-type", media_type.encode())],
    }


async def test_a_body_is_the_same_however_it_is_cut() -> None:
    media_type = "multipart/form-data; boundary=abcd1234"
    body = a_part("abcd1234")
    whole = await Fingerprint(posted(media_type), received(body)).whole()
    for at in range(len(body)):
        cut = received(body[:at], body[at : at + 3], body[at + 3 :])
        assert await Fingerprint(posted(media_type), cut).whole() == whole


async def test_a_multipart_body_is_the_same_whatever_its_boundary_is() -> None:
    one = Fingerprint(posted("multipart/form-data; boundary=one"), received(a_part("one")))
    two = Fingerprint(posted('multipart/form-data; boundary="2-2-2"'), received(a_part("2-2-2")))
    other = Fingerprint(
        posted("multipart/form-data; boundary=one"), received(a_part("one", "Lantern"))
    )
    assert await one.whole() == await two.whole() != await other.whole()


async def test_what_is_asked_and_how_it_is_written_counts_too() -> None:
    scopes = [
        posted("text/csv"),
        posted("application/x-ndjson"),
        posted("text/csv", path="/import/1"),
        posted("text/csv", query=b"on_error=skip"),
    ]
    fingerprints = {await Fingerprint(scope, received(b"a,b")).whole() for scope in scopes}
    assert len(fingerprints) == len(scopes)
