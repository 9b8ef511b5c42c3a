"""Live events over real connections: who hears of what, and when a connection ends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from uuid import UUID

import pytest
import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from application.events import feed
from application.events.follow import MOST_CONNECTIONS
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from domain.access import MEMBER, SYSTEM, Permission, UserId
from domain.text import Json
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.builders.items import an_item
from tests.http.callers import as_holder_of, as_member, with_api_key
from tests.http.client import Client
from tests.http.contract import Contract
from tests.http.serving import PATIENCE, Event, Serving, serving

EVENTS = "/api/v1/items/events"


@pytest.fixture
async def here(app: FastAPI, settings: Settings, contract: Contract) -> AsyncIterator[Serving]:
    async with serving(app, settings, contract) as serving_:
        yield serving_


@pytest.fixture
async def there(
    here: Serving, settings: Settings, database_url: str, contract: Contract
) -> AsyncIterator[Serving]:
    """Another process, as far as these two can tell."""
    app = create_app(settings, database_url)
    async with app.router.lifespan_context(app), serving(app, settings, contract) as serving_:
        yield serving_


async def heard_by(socket: ClientConnection) -> Event:
    async with asyncio.timeout(PATIENCE):
        event = json.loads(await socket.recv())
    assert isinstance(event, dict)
    return event


async def closing_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE):
        await socket.wait_closed()
    return socket.close_code


async def refused(client: Client, path: str) -> None:
    """Once this process has heard that it is no more to be seen."""
    async with asyncio.timeout(PATIENCE):
        while (await client.get(path)).status != 404:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)


def told(event: Event) -> tuple[Json, Json]:
    item = event["item"]
    assert isinstance(item, dict)
    return event["type"], item["title"]


async def test_an_owner_hears_of_everything_that_happens_to_an_item(here: Serving) -> None:
    ann = await as_member(here.client)
    async with (
        here.socket(ann.token, path=EVENTS) as socket,
        here.stream(ann.token or "", path=EVENTS) as stream,
    ):
        item = await ann.post("/items", json={"title": "Lamp"})
        path = f"/items/{item['id']}"
        await ann.patch(path, json={"title": "Lantern"})
        await ann.delete(path)
        await ann.post(f"{path}/restore")
        heard = [await heard_by(socket) for _ in range(4)]
        async with asyncio.timeout(PATIENCE):
            streamed = [await anext(stream) for _ in range(4)]

    assert [told(event) for event in heard] == [
        ("item.created", "Lamp"),
        ("item.updated", "Lantern"),
        ("item.deleted", "Lantern"),
        ("item.restored", "Lantern"),
    ]
    assert streamed == heard
    assert heard[0]["item"] == item.body
    assert len({str(event["id"]) for event in heard}) == 4


async def test_what_happens_in_one_process_is_heard_in_the_other(
    here: Serving, there: Serving
) -> None:
    ann = await as_member(here.client)
    async with there.socket(ann.token, path=EVENTS) as socket:
        began = time.monotonic()
        await ann.post("/items", json={"title": "Lamp"})
        assert told(await heard_by(socket)) == ("item.created", "Lamp")
    # Well before it would have been looked for.
    assert time.monotonic() - began < 0.9


async def test_nobody_hears_of_what_they_may_not_see(here: Serving) -> None:
    ann, bob = await as_member(here.client), await as_member(here.client)
    reader = await as_holder_of(here.client, Permission.ITEMS_READ)
    blind = await with_api_key(ann, Permission.ITEMS_CREATE)
    async with (
        here.socket(ann.token, path=EVENTS) as anns,
        here.socket(bob.token, path=EVENTS) as bobs,
        here.socket(reader.token, path=EVENTS) as readers,
        here.socket(blind.token, path=EVENTS) as blinds,
    ):
        await ann.post("/items", json={"title": "Ann's"})
        await bob.post("/items", json={"title": "Bob's"})
        assert [told(await heard_by(readers))[1] for _ in range(2)] == ["Ann's", "Bob's"]
        assert told(await heard_by(anns))[1] == "Ann's"
        assert told(await heard_by(bobs))[1] == "Bob's"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await blinds.recv()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_right_that_is_taken_away_ends_what_it_let_see(
    here: Serving, there: Serving, elsewhere: bool
) -> None:
    ann = await as_member(here.client)
    reader = await as_holder_of(here.client, Permission.ITEMS_READ)
    async with (there if elsewhere else here).socket(reader.token, path=EVENTS) as socket:
        shown = await ann.post("/items", json={"title": "before"})
        assert told(await heard_by(socket))[1] == "before"
        command = AssignRoles(user_id=UserId(UUID(reader.user_id)), roles=[MEMBER])
        await here.client.inside.services[AssignRolesHandler](command, SYSTEM)
        if elsewhere:
            await refused(there.client.bearing(reader.token), f"/items/{shown['id']}")
        await ann.post("/items", json={"title": "after"})
        await reader.post("/items", json={"title": "own"})
        assert told(await heard_by(socket))[1] == "own"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_connection_ends_with_its_session(
    here: Serving, there: Serving, elsewhere: bool
) -> None:
    ann = await as_member(here.client)
    server = there if elsewhere else here
    async with (
        server.socket(ann.token, path=EVENTS) as socket,
        server.stream(ann.token or "", path=EVENTS) as stream,
    ):
        began = time.monotonic()
        await ann.post("/auth/logout")
        assert await closing_code(socket) == 1008
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert time.monotonic() - began < 1


async def test_nothing_is_missed_and_nothing_told_twice_while_many_write(
    here: Serving, there: Serving
) -> None:
    ann = await as_member(here.client)
    elsewhere = there.client.bearing(ann.token)
    rounds, writers = 15, 10
    expected = 2 * rounds * writers

    async def write(number: int) -> None:
        client = ann if number % 2 else elsewhere
        for _ in range(rounds):
            item = await client.post("/items", json={"title": f"by {number}"})
            await client.patch(f"/items/{item['id']}", json={"title": f"again by {number}"})

    async def follow(last: str) -> list[Json]:
        """By one connection after another, each for a few events."""
        seen: list[Json] = []
        while len(seen) < expected:
            server = here if len(seen) % 2 else there
            async with server.stream(ann.token or "", last, path=EVENTS) as stream:
                for _ in range(min(7, expected - len(seen))):
                    event = await anext(stream)
                    last = str(event["id"])
                    seen.append(event["id"])
        return seen

    async with here.socket(ann.token, path=EVENTS) as socket, asyncio.timeout(60):
        await ann.post("/items", json={"title": "first"})
        start = await heard_by(socket)
        seen, *_ = await asyncio.gather(
            follow(str(start["id"])), *(write(number) for number in range(writers))
        )
        live = [(await heard_by(socket))["id"] for _ in range(expected)]

    assert seen == live
    assert len(set(map(str, seen))) == expected


@pytest.mark.parametrize("last", ["junk", "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"])
async def test_whoever_saw_what_is_not_kept_is_told_to_begin_anew(here: Serving, last: str) -> None:
    ann = await as_member(here.client)
    async with here.stream(ann.token or "", last, path=EVENTS) as stream:
        async with asyncio.timeout(PATIENCE):
            assert await anext(stream) == {"type": "reset"}
        await ann.post("/items", json={"title": "Lamp"})
        async with asyncio.timeout(PATIENCE):
            assert told(await anext(stream)) == ("item.created", "Lamp")


async def test_an_event_of_somebody_else_is_as_unknown_as_none(here: Serving) -> None:
    ann, bob = await as_member(here.client), await as_member(here.client)
    async with here.socket(bob.token, path=EVENTS) as socket:
        await bob.post("/items", json={"title": "Bob's"})
        event = await heard_by(socket)
    async with here.socket(ann.token, f"?since={event['id']}", path=EVENTS) as socket:
        assert await heard_by(socket) == {"type": "reset"}


async def test_credentials_may_come_in_the_first_message(here: Serving) -> None:
    ann = await as_member(here.client)
    async with here.socket(None, path=EVENTS) as socket:
        await ann.post("/items", json={"title": "meanwhile"})
        await socket.send(json.dumps({"type": "auth", "token": ann.token}))
        assert told(await heard_by(socket)) == ("item.created", "meanwhile")


@pytest.mark.parametrize(
    "message",
    ['{"type": "auth", "token": "junk"}', '{"type": "auth"}', '{"type": "hello"}', "[]", "junk"],
)
async def test_a_bad_first_message_closes(here: Serving, message: str) -> None:
    async with here.socket(None, path=EVENTS) as socket:
        await socket.send(message)
        assert await closing_code(socket) == 1008


async def test_whoever_says_nothing_is_closed(here: Serving) -> None:
    async with here.socket(None, path=EVENTS) as socket:
        began = time.monotonic()
        assert await closing_code(socket) == 1008
    assert 4 < time.monotonic() - began < 7


async def refusal(here: Serving, token: str | None, origin: str | None = None) -> tuple[int, Json]:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with here.socket(token, origin=origin, path=EVENTS):
            pass
    answer = refused.value.response
    return answer.status_code, json.loads(answer.body or b"{}").get("code")


async def test_bad_credentials_are_refused_at_the_handshake(here: Serving) -> None:
    assert await refusal(here, "junk") == (401, "not_authenticated")
    assert await refusal(here, "tsk_junk") == (401, "not_authenticated")


async def test_only_pages_of_ours_may_connect(here: Serving) -> None:
    ann = await as_member(here.client)
    assert await refusal(here, ann.token, "https://evil.example") == (403, "permission_denied")
    async with here.socket(ann.token, origin=f"http://{here.address}", path=EVENTS) as socket:
        await ann.post("/items", json={"title": "Lamp"})
        assert told(await heard_by(socket)) == ("item.created", "Lamp")


async def test_an_account_has_so_many_connections_and_no_more(here: Serving) -> None:
    ann, bob = await as_member(here.client), await as_member(here.client)
    async with AsyncExitStack() as open_:
        for _ in range(MOST_CONNECTIONS):
            await open_.enter_async_context(here.socket(ann.token, path=EVENTS))
        assert await refusal(here, ann.token) == (429, "too_many_connections")
        await open_.enter_async_context(here.socket(bob.token, path=EVENTS))
        answer = await ann.get("/items/events", params={"follow": "false"})
        assert answer.problem == (429, "too_many_connections")
    assert (await ann.get("/items/events", params={"follow": "false"})).status == 200


async def test_too_large_a_frame_closes(here: Serving) -> None:
    ann = await as_member(here.client)
    async with here.socket(ann.token, path=EVENTS) as socket:
        await socket.send("x" * (64 * 1024 + 1))
        assert await closing_code(socket) == 1009


async def test_too_many_messages_close(here: Serving) -> None:
    ann = await as_member(here.client)
    async with here.socket(ann.token, path=EVENTS) as socket:
        with suppress(websockets.ConnectionClosed):
            for _ in range(50):
                await socket.send("{}")
        assert await closing_code(socket) == 1008


async def test_whoever_is_too_slow_is_closed(
    here: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_WAITING", 20)
    ann = await as_member(here.client)
    async with here.socket(ann.token, path=EVENTS) as socket:
        socket.transport.pause_reading()
        for _ in range(8):
            many = [
                an_item(owner_id=UserId(UUID(ann.user_id)), description="x" * 9000)
                for _ in range(100)
            ]
            async with here.client.inside.ports.begin() as uow:
                await uow.items.add_many(many)
                await uow.commit()
        socket.transport.resume_reading()
        assert await closing_code(socket) in {1008, 1006}


async def test_the_server_stops_without_waiting_for_those_who_follow(here: Serving) -> None:
    ann = await as_member(here.client)
    async with (
        here.socket(ann.token, path=EVENTS) as socket,
        here.stream(ann.token or "", path=EVENTS) as stream,
    ):
        began = time.monotonic()
        here.server.should_exit = True
        assert await closing_code(socket) == 1012
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert time.monotonic() - began < 5


async def test_a_request_that_has_to_end_does_not_cut_a_stream(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    hasty = settings.model_copy(update={"request_timeout": 0.5})
    app = create_app(hasty, database_url)
    async with app.router.lifespan_context(app), serving(app, hasty, contract) as server:
        ann = await as_member(server.client)
        async with server.stream(ann.token or "", path=EVENTS) as stream:
            waiting = asyncio.ensure_future(anext(stream))
            done, _ = await asyncio.wait({waiting}, timeout=1.5)
            assert not done
            await ann.post("/items", json={"title": "Lamp"})
            assert told(await asyncio.wait_for(waiting, PATIENCE)) == ("item.created", "Lamp")
