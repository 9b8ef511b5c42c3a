"""`Idempotency-Key`: a request that is repeated under its key is done once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope

from domain.access import Permission
from entrypoints.http.app import create_app
from entrypoints.http.idempotency import Fingerprint
from entrypoints.settings.schema import Settings
from tests.http.callers import PASSWORD, as_member, as_superuser, with_api_key
from tests.http.cases.api_keys import A_KEY
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract
from tests.http.every_route import GOOD_REQUESTS, a_scene, good_request, operations_of
from tests.relay import Relay, relayed

_numbers = count(1)
LAMP = {"title": "Lamp"}


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
    assert {"create_item", "register_user", "create_role", "create_api_key"} <= set(names)
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
        await member.post("/items", json=LAMP, headers=key)
    assert (await member.get("/items"))["total"] == 1
    await member.post("/items", json=LAMP, headers=a_key())
    await member.post("/items", json=LAMP)
    await member.post("/items", json=LAMP)
    assert (await member.get("/items"))["total"] == 4


async def test_what_was_made_is_told_as_it_was_then(client: Client) -> None:
    member, key = await as_member(client), a_key()
    item = await member.post("/items", json=LAMP, headers=key)
    await member.delete(item.headers["location"].removeprefix("/api/v1"))
    again = await member.post("/items", json=LAMP, headers=key)
    assert shown(again) == shown(item)


@pytest.mark.parametrize("changed", [{"title": "Lantern"}, {**LAMP, "status": "draft"}])
async def test_another_request_under_the_same_key_is_refused(
    client: Client, changed: object
) -> None:
    member, key = await as_member(client), a_key()
    await member.post("/items", json=LAMP, headers=key)
    answer = await member.post("/items", json=changed, headers=key)
    assert answer.problem == (422, "idempotency_key_reused")
    assert (await member.get("/items"))["total"] == 1


async def test_a_key_is_its_callers_and_its_routes_own(client: Client) -> None:
    ann, bob, key = await as_member(client), await as_superuser(client), a_key()
    program = await with_api_key(ann, Permission.ITEMS_CREATE)
    answers = [
        await ann.post("/items", json=LAMP, headers=key),
        await bob.post("/items", json=LAMP, headers=key),
        await program.post("/items", json=LAMP, headers=key),
        await bob.post("/roles", json={"name": "editor"}, headers=key),
    ]
    assert [answer.status for answer in answers] == [201] * 4
    assert not any("idempotent-replayed" in answer.headers for answer in answers)


async def test_a_refusal_is_not_remembered(client: Client) -> None:
    member, key = await as_member(client), a_key()
    refused = await member.post("/items", json={"title": ""}, headers=key)
    assert refused.problem == (400, "validation_error")
    assert (await member.post("/items", json=LAMP, headers=key)).status == 201


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
    first = await member.post("/auth/api-keys", json=A_KEY, headers=key)
    again = await member.post("/auth/api-keys", json=A_KEY, headers=key)
    assert again["key"] == first["key"]
    connection = await asyncpg.connect(database_url)
    try:
        [kept] = await connection.fetch("SELECT * FROM kept_answers")
    finally:
        await connection.close()
    assert first.text("key").encode() not in kept["sealed_answer"]
    assert first.text("id").encode() not in kept["sealed_answer"]


async def test_a_long_file_is_brought_in_once(client: Client) -> None:
    member, key = await as_member(client), a_key()
    file = b"title\n" + b"Lamp of brass, from 1930\n".replace(b",", b"") * 50_000
    assert len(file) > 2**20
    sent = {**key, "Content-Type": "text/csv"}
    first = await member.post("/items/import", content=file, headers=sent)
    again = await member.post("/items/import", content=file, headers=sent)
    assert (first.status, first["imported"]) == (201, 50_000)
    assert shown(again) == shown(first)
    other = await member.post("/items/import", content=file + b"Lantern\n", headers=sent)
    assert other.problem == (422, "idempotency_key_reused")
    assert (await member.get("/items"))["total"] == 50_000


async def test_a_file_in_a_form_is_the_same_whatever_its_boundary(client: Client) -> None:
    member, key = await as_member(client), a_key()
    for boundary in ("one", "two"):
        sent = {**key, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = await member.post(
            "/items/import?format=csv", content=parts(boundary, "title\nLamp"), headers=sent
        )
        assert answer.status == 201
    assert (await member.get("/items"))["total"] == 1


async def test_a_long_attachment_is_kept_once(client: Client) -> None:
    member, key = await as_member(client), a_key()
    item = await member.post("/items", json=LAMP)
    path = f"/items/{item['id']}/attachments"
    answers = [
        await member.post(
            path,
            content=parts(boundary, "brass " * 400_000),
            headers={**key, "Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        for boundary in ("one", "two")
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    assert (await member.get(path))["total"] == 1


async def test_a_refused_file_can_be_mended_under_the_same_key(client: Client) -> None:
    member, key = await as_member(client), a_key()
    sent = {**key, "Content-Type": "text/csv"}
    refused = await member.post("/items/import", content=b'title\nLamp\n""\n', headers=sent)
    assert refused.problem == (400, "import_rejected")
    assert (
        await member.post("/items/import", content=b"title\nLamp\n", headers=sent)
    ).status == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "\xe4"])
async def test_a_key_is_of_visible_ascii(client: Client, key: str) -> None:
    member = await as_member(client)
    answer = await member.post("/items", json=LAMP, headers={"Idempotency-Key": key})
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {("Idempotency-Key", "invalid_key")}


async def test_two_keys_are_none(client: Client) -> None:
    member = await as_member(client)
    answer = await client.http.post(
        "/api/v1/items",
        json=LAMP,
        headers=[
            ("Authorization", f"Bearer {member.token}"),
            ("Idempotency-Key", "a"),
            ("Idempotency-Key", "b"),
        ],
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "duplicate")


async def test_of_fifty_at_once_one_is_done(client: Client) -> None:
    member, key = await as_member(client), a_key()
    answers = await asyncio.gather(
        *(member.post("/items", json=LAMP, headers=key) for _ in range(50))
    )
    problems = {answer.problem for answer in answers}
    assert problems == {(201, ""), (409, "idempotency_key_in_use")}
    assert len({answer["id"] for answer in answers if answer.status == 201}) == 1
    assert (await member.get("/items"))["total"] == 1


@asynccontextmanager
async def also_served(settings: Settings, url: str, member: Client) -> AsyncIterator[Client]:
    """The same caller, at another server of the same database."""
    app: FastAPI = create_app(settings, url)
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


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[Relay]:
    async with relayed(database_url) as relay:
        yield relay


async def test_costs_two_statements_and_a_repetition_one(
    client: Client, settings: Settings, relay: Relay
) -> None:
    member, key = await as_member(client), a_key()
    async with also_served(settings, relay.url, member) as counted:
        await counted.get("/permissions")
        relay.statements.clear()
        await counted.post("/items", json=LAMP, headers=key)
        # The transaction begins with a lock, in one round trip.
        assert relay.verbs.removesuffix(" SELECT") == "SELECT DO WITH INSERT COMMIT"
        relay.statements.clear()
        await counted.post("/items", json=LAMP, headers=key)
        assert relay.verbs == "SELECT"


async def test_a_connection_that_breaks_at_the_commit_leaves_nothing_half_done(
    client: Client, settings: Settings, relay: Relay
) -> None:
    member, key = await as_member(client), a_key()
    async with also_served(settings, relay.url, member) as cut:
        relay.breaks_at = "COMMIT"
        assert (await cut.post("/items", json=LAMP, headers=key)).status == 503
        relay.breaks_at = None
        assert (await member.get("/items"))["total"] == 0
        answer = await cut.post("/items", json=LAMP, headers=key)
    assert answer.status == 201
    assert (await member.get("/items"))["total"] == 1


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


def parts(boundary: str, text: str = "Lamp") -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n{text}\r\n'
        f"--{boundary}--\r\n"
    ).encode()


async def test_a_body_is_the_same_however_it_is_cut() -> None:
    media_type = "multipart/form-data; boundary=abcd1234"
    body = parts("abcd1234")
    whole = await Fingerprint(posted(media_type), received(body)).whole()
    for at in range(len(body)):
        cut = received(body[:at], body[at : at + 3], body[at + 3 :])
        assert await Fingerprint(posted(media_type), cut).whole() == whole


async def test_a_multipart_body_is_the_same_whatever_its_boundary_is() -> None:
    one = Fingerprint(posted("multipart/form-data; boundary=one"), received(parts("one")))
    two = Fingerprint(posted('multipart/form-data; boundary="2-2-2"'), received(parts("2-2-2")))
    other = Fingerprint(
        posted("multipart/form-data; boundary=one"), received(parts("one", text="Lantern"))
    )
    assert await one.whole() == await two.whole() != await other.whole()


async def test_what_is_asked_and_how_it_is_written_counts_too() -> None:
    scopes = [
        posted("text/csv"),
        posted("application/x-ndjson"),
        posted("text/csv", path="/items/1"),
        posted("text/csv", query=b"on_error=skip"),
    ]
    fingerprints = {await Fingerprint(scope, received(b"a,b")).whole() for scope in scopes}
    assert len(fingerprints) == len(scopes)
