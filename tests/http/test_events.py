"""Live events over real connections: who hears of what, and when a connection ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from uuid import UUID

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from application.events import feed
from application.events.follow import MOST_CONNECTIONS
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from domain.access import MEMBER, SYSTEM, Permission, UserId
from domain.text import Json
from entrypoints.http import events
from entrypoints.settings.schema import Settings
from tests.http.callers import as_holder_of, as_member, with_api_key
from tests.http.client import ROOT, Client
from tests.http.contract import Contract, as_object
from tests.http.followed_things import EVENTS, Server, an_app, served
from tests.http.serving import PATIENCE, Event, heard_by
from tests.polling import until_it
from tests.things import Thing, add, things_in


@pytest.fixture(scope="module")
def contract(settings: Settings) -> Contract:
    """What is promised of things, too."""
    return Contract(as_object(an_app(settings, "").openapi()))


@pytest.fixture
async def tables(client: Client) -> AsyncIterator[None]:
    async with things_in(client.inside):
        yield


@pytest.fixture
async def here(
    settings: Settings, database_url: str, contract: Contract, tables: None
) -> AsyncIterator[Server]:
    async with served(settings, database_url, contract) as server:
        yield server


@pytest.fixture
async def there(
    settings: Settings, database_url: str, contract: Contract, tables: None
) -> AsyncIterator[Server]:
    """Another process, as far as these two can tell."""
    async with served(settings, database_url, contract) as server:
        yield server


async def closing_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE):
        await socket.wait_closed()
    return socket.close_code


async def refused(client: Client, path: str) -> None:
    """Once this process has heard of it."""

    async def is_refused() -> bool:
        return (await client.get(path)).status == 403

    await until_it(is_refused, "this process has not heard of it")


def told(event: Event) -> tuple[Json, Json]:
    thing = event["tests_thing"]
    assert isinstance(thing, dict)
    return event["type"], thing["type"]


async def test_an_owner_hears_of_everything_both_ways(here: Server) -> None:
    ann = await as_member(here.client)
    async with here.socket(ann.token) as socket, here.stream(ann) as stream:
        thing = await here.make(ann, "lamp")
        async with here.things.begin() as changing:
            await changing.save(thing)
            await changing.remove(thing, at=thing.updated_at)
            await changing.commit()
        heard = [await heard_by(socket) for _ in range(3)]
        async with asyncio.timeout(PATIENCE):
            streamed = [await anext(stream) for _ in range(3)]

    types = ["tests_thing.created", "tests_thing.updated", "tests_thing.deleted"]
    assert [told(event) for event in heard] == [(what, "lamp") for what in types]
    assert streamed == heard
    shown = {"id": str(thing.id), "owner_id": ann.user_id, "type": "lamp", "version": 1}
    assert heard[0]["tests_thing"] == shown
    assert len({str(event["id"]) for event in heard}) == 3


async def test_what_happens_in_one_process_is_heard_in_the_other(
    here: Server, there: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks for it: it has to be told.
    monkeypatch.setattr(feed, "_LOOK_EVERY", 10 * PATIENCE)
    ann = await as_member(here.client)
    async with there.socket(ann.token) as socket:
        await here.make(ann, "lamp")
        assert told(await heard_by(socket)) == ("tests_thing.created", "lamp")


async def test_nobody_hears_of_what_they_may_not_see(here: Server) -> None:
    ann = await as_holder_of(here.client, Permission.ROLES_READ)
    bob = await as_member(here.client)
    reader = await as_holder_of(here.client, Permission.USERS_READ)
    blind = await with_api_key(ann, Permission.ROLES_READ)
    async with (
        here.socket(ann.token) as anns,
        here.socket(bob.token) as bobs,
        here.socket(reader.token) as readers,
        here.socket(blind.token) as blinds,
    ):
        await here.make(ann, "Ann's")
        await here.make(bob, "Bob's")
        assert [told(await heard_by(readers))[1] for _ in range(2)] == ["Ann's", "Bob's"]
        assert told(await heard_by(anns))[1] == "Ann's"
        assert told(await heard_by(bobs))[1] == "Bob's"
        [key_id] = (await ann.get("/auth/api-keys")).each("id")
        await ann.delete(f"/auth/api-keys/{key_id}")
        with pytest.raises(websockets.ConnectionClosed):
            await heard_by(blinds)


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_right_that_is_taken_away_ends_what_it_let_see(
    here: Server, there: Server, elsewhere: bool
) -> None:
    ann = await as_member(here.client)
    reader = await as_holder_of(here.client, Permission.USERS_READ)
    async with (there if elsewhere else here).socket(reader.token) as socket:
        await here.make(ann, "before")
        assert told(await heard_by(socket))[1] == "before"
        command = AssignRoles(user_id=UserId(UUID(reader.user_id)), roles=[MEMBER])
        await here.client.inside.services[AssignRolesHandler](command, SYSTEM)
        if elsewhere:
            await refused(there.client.bearing(reader.token), "/users")
        await here.make(ann, "after")
        await here.make(reader, "own")
        assert told(await heard_by(socket))[1] == "own"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_connection_ends_with_its_session(
    here: Server, there: Server, elsewhere: bool
) -> None:
    ann = await as_member(here.client)
    server = there if elsewhere else here
    async with server.socket(ann.token) as socket, server.stream(ann) as stream:
        await ann.post("/auth/logout")
        assert await closing_code(socket) == 1008
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(StopAsyncIteration):
                await anext(stream)


async def test_nothing_is_missed_and_nothing_told_twice_while_many_write(
    here: Server, there: Server
) -> None:
    ann = await as_member(here.client)
    rounds, writers = 15, 10
    expected = 2 * rounds * writers

    async def write(number: int) -> None:
        server = here if number % 2 else there
        for _ in range(rounds):
            thing = await server.make(ann, f"by {number}")
            async with server.things.begin() as changing:
                await changing.save(thing)
                await changing.commit()

    async def follow(last: str) -> list[Json]:
        """By one connection after another, each for a few events."""
        seen: list[Json] = []
        while len(seen) < expected:
            server = here if len(seen) % 2 else there
            async with server.stream(ann, last) as stream:
                for _ in range(min(7, expected - len(seen))):
                    event = await anext(stream)
                    last = str(event["id"])
                    seen.append(event["id"])
        return seen

    async with here.socket(ann.token) as socket, asyncio.timeout(60):
        await here.make(ann, "first")
        start = await heard_by(socket)
        seen, *_ = await asyncio.gather(
            follow(str(start["id"])), *(write(number) for number in range(writers))
        )
        live = [(await heard_by(socket))["id"] for _ in range(expected)]

    assert seen == live
    assert len(set(map(str, seen))) == expected


@pytest.mark.parametrize("last", ["junk", "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"])
async def test_whoever_saw_what_is_not_kept_is_told_to_begin_anew(here: Server, last: str) -> None:
    ann = await as_member(here.client)
    async with here.stream(ann, last) as stream, asyncio.timeout(PATIENCE):
        assert await anext(stream) == {"type": "reset"}
        await here.make(ann, "lamp")
        assert told(await anext(stream)) == ("tests_thing.created", "lamp")


async def test_an_event_of_somebody_else_is_as_unknown_as_none(here: Server) -> None:
    ann, bob = await as_member(here.client), await as_member(here.client)
    async with here.socket(bob.token) as socket:
        await here.make(bob, "Bob's")
        event = await heard_by(socket)
    async with here.socket(ann.token, f"?since={event['id']}") as socket:
        assert await heard_by(socket) == {"type": "reset"}


async def test_credentials_may_come_in_the_first_message(here: Server) -> None:
    ann = await as_member(here.client)
    async with here.socket(None) as socket:
        await here.make(ann, "meanwhile")
        await socket.send(json.dumps({"type": "auth", "token": ann.token}))
        assert told(await heard_by(socket)) == ("tests_thing.created", "meanwhile")


@pytest.mark.parametrize(
    "message",
    ['{"type": "auth", "token": "junk"}', '{"type": "auth"}', '{"type": "hello"}', "[]", "junk"],
)
async def test_a_bad_first_message_closes(here: Server, message: str) -> None:
    async with here.socket(None) as socket:
        await socket.send(message)
        assert await closing_code(socket) == 1008


async def test_whoever_says_nothing_is_closed(
    here: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_AUTH_WITHIN", 0.1)
    async with here.socket(None) as socket:
        assert await closing_code(socket) == 1008


async def refusal(
    here: Server, token: str | None, query: str = "", origin: str | None = None
) -> tuple[int, Json]:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with here.socket(token, query, origin):
            pass
    answer = refused.value.response
    return answer.status_code, json.loads(answer.body or b"{}").get("code")


async def test_what_is_wrong_is_told_at_the_handshake(here: Server) -> None:
    ann = await as_member(here.client)
    assert await refusal(here, "junk") == (401, "not_authenticated")
    assert await refusal(here, "tsk_junk") == (401, "not_authenticated")
    assert await refusal(here, ann.token, "?since=junk") == (400, "validation_error")


async def test_only_pages_of_ours_may_connect(here: Server) -> None:
    ann = await as_member(here.client)
    foreign = await refusal(here, ann.token, origin="https://evil.example")
    assert foreign == (403, "permission_denied")
    async with here.socket(ann.token, origin=f"http://{here.serving.address}") as socket:
        await here.make(ann, "lamp")
        assert told(await heard_by(socket)) == ("tests_thing.created", "lamp")


async def test_an_account_has_so_many_connections_and_no_more(here: Server) -> None:
    ann, bob = await as_member(here.client), await as_member(here.client)
    once = {"follow": "false"}
    async with AsyncExitStack() as open_:
        for _ in range(MOST_CONNECTIONS):
            await open_.enter_async_context(here.socket(ann.token))
        assert await refusal(here, ann.token) == (429, "too_many_connections")
        await open_.enter_async_context(here.socket(bob.token))
        answer = await ann.get(f"{ROOT}{EVENTS}", params=once)
        assert answer.problem == (429, "too_many_connections")
    assert (await ann.get(f"{ROOT}{EVENTS}", params=once)).status == 200


async def test_too_large_a_frame_closes(here: Server) -> None:
    ann = await as_member(here.client)
    async with here.socket(ann.token) as socket:
        await socket.send("x" * (64 * 1024 + 1))
        assert await closing_code(socket) == 1009


async def test_too_many_messages_close(here: Server) -> None:
    ann = await as_member(here.client)
    async with here.socket(ann.token) as socket:
        with suppress(websockets.ConnectionClosed):
            for _ in range(50):
                await socket.send("{}")
        assert await closing_code(socket) == 1008


async def test_whoever_is_too_slow_is_closed(here: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_WAITING", 20)
    ann = await as_member(here.client)
    owner_id = UserId(UUID(ann.user_id))
    async with here.socket(ann.token) as socket:
        socket.transport.pause_reading()
        for _ in range(8):
            await add(here.things, *(Thing(owner_id=owner_id, type="x" * 9000) for _ in range(100)))
        socket.transport.resume_reading()
        assert await closing_code(socket) in {1008, 1006}


async def test_the_server_stops_without_waiting_for_those_who_follow(here: Server) -> None:
    ann = await as_member(here.client)
    async with here.socket(ann.token) as socket, here.stream(ann) as stream:
        here.serving.server.should_exit = True
        assert await closing_code(socket) == 1012
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(StopAsyncIteration):
                await anext(stream)


async def test_a_request_that_has_to_end_does_not_cut_a_stream(
    settings: Settings, database_url: str, contract: Contract, tables: None
) -> None:
    hasty = settings.model_copy(update={"request_timeout": 0.2})
    async with served(hasty, database_url, contract) as server:
        ann = await as_member(server.client)
        async with server.stream(ann) as stream:
            waiting = asyncio.ensure_future(anext(stream))
            done, _ = await asyncio.wait({waiting}, timeout=1)
            assert not done
            await server.make(ann, "lamp")
            assert told(await asyncio.wait_for(waiting, PATIENCE)) == (
                "tests_thing.created",
                "lamp",
            )


async def test_the_same_path_is_read_and_nothing_else(here: Server) -> None:
    ann = await as_member(here.client)
    head = await ann.request("HEAD", f"{ROOT}{EVENTS}")
    assert (head.status, head.content) == (200, b"")
    answer = await ann.delete(f"{ROOT}{EVENTS}")
    assert answer.problem == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
