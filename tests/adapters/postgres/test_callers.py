"""Who stands behind a session is remembered until it changes, here or anywhere else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import attrs
import pytest

from adapters.memory.clock import FixedClock
from adapters.postgres.access_changes import CHANNEL
from adapters.postgres.callers import LONGEST_REMEMBERED, RememberedCallers
from adapters.postgres.listening import listening
from adapters.security.jitter import SystemJitter
from application.auth.authenticate import AuthenticateHandler
from application.auth.login import Login, LoginHandler
from application.auth.logout import LogoutHandler
from application.auth.ports import Caller
from application.users.register_user import RegisterUser, RegisterUserHandler
from application.users.update_user import UpdateUser, UpdateUserHandler
from domain.access import ANONYMOUS, SYSTEM, Actor, SessionId, UserId
from domain.passwords import Password
from entrypoints.bootstrap.running import Inside, running
from entrypoints.settings.schema import Settings
from tests.relay import relayed

PASSWORD = Password("correct horse battery staple")


def a_caller() -> Caller:
    return Caller(
        actor=Actor(user_id=UserId(uuid4()), session_id=SessionId(uuid4())),
        is_active=True,
        email_verified=True,
        expires_at=datetime.now(UTC) + timedelta(days=1),
        revoked_at=None,
    )


@attrs.define
class CountedReader:
    """Knows some callers, and how often it was asked."""

    callers: dict[SessionId | bytes, Caller] = attrs.field(factory=dict)
    asked: int = 0
    meanwhile: Callable[[], None] = lambda: None

    def knows(self, caller: Caller) -> SessionId:
        assert caller.actor.session_id is not None
        self.callers[caller.actor.session_id] = caller
        return caller.actor.session_id

    async def find(self, session_id: SessionId) -> Caller | None:
        return self._find(session_id)

    async def find_by_api_key(self, key_hash: bytes) -> Caller | None:
        return self._find(key_hash)

    def _find(self, credential: SessionId | bytes) -> Caller | None:
        self.asked += 1
        found = self.callers.get(credential)
        self.meanwhile()
        return found


@pytest.fixture
def reader() -> CountedReader:
    return CountedReader()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def remembered(reader: CountedReader, clock: FixedClock) -> RememberedCallers:
    remembered = RememberedCallers(reader, clock)
    remembered.listen()
    return remembered


async def test_asks_once_while_it_listens(
    reader: CountedReader, remembered: RememberedCallers
) -> None:
    session_id = reader.knows(caller := a_caller())
    assert [await remembered.find(session_id) for _ in range(3)] == [caller] * 3
    assert reader.asked == 1


async def test_remembers_nothing_while_it_does_not_listen(
    reader: CountedReader, remembered: RememberedCallers
) -> None:
    session_id = reader.knows(a_caller())
    await remembered.find(session_id)
    remembered.go_deaf()
    for _ in range(3):
        await remembered.find(session_id)
    assert reader.asked == 4


async def test_remembers_nobody_who_is_not_there(
    reader: CountedReader, remembered: RememberedCallers
) -> None:
    for _ in range(2):
        assert await remembered.find(SessionId(uuid4())) is None
    assert reader.asked == 2


async def test_remembers_for_seconds_only(
    reader: CountedReader, remembered: RememberedCallers, clock: FixedClock
) -> None:
    session_id = reader.knows(a_caller())
    await remembered.find(session_id)
    clock.advance(timedelta(seconds=LONGEST_REMEMBERED - 0.1))
    await remembered.find(session_id)
    assert reader.asked == 1
    clock.advance(timedelta(seconds=0.1))
    await remembered.find(session_id)
    assert reader.asked == 2


@pytest.mark.parametrize(
    ("change", "forgotten"),
    [
        ("session:{session}", True),
        ("user:{user}", True),
        ("everyone", True),
        ("a kind of change that a newer version tells of", True),
        ("user:{other}\nsession:{session}", True),
        ("session:{other}", False),
        ("user:{other}", False),
    ],
)
async def test_forgets_whom_a_change_names(
    reader: CountedReader, remembered: RememberedCallers, change: str, forgotten: bool
) -> None:
    session_id = reader.knows(caller := a_caller())
    await remembered.find(session_id)
    remembered.hear(change.format(session=session_id, user=caller.actor.user_id, other=uuid4()))
    await remembered.find(session_id)
    assert reader.asked == (2 if forgotten else 1)


async def test_what_cannot_be_read_makes_it_forget_everyone(
    reader: CountedReader, remembered: RememberedCallers
) -> None:
    session_id = reader.knows(a_caller())
    await remembered.find(session_id)
    remembered.hear("user:junk")
    await remembered.find(session_id)
    assert reader.asked == 2


@pytest.mark.parametrize("event", ["hears", "begins to listen", "goes deaf and listens again"])
async def test_does_not_remember_what_may_have_changed_while_it_was_read(
    reader: CountedReader, remembered: RememberedCallers, event: str
) -> None:
    session_id = reader.knows(a_caller())

    def happens() -> None:
        if event == "hears":
            remembered.hear(f"session:{session_id}")
        else:
            if event == "goes deaf and listens again":
                remembered.go_deaf()
            remembered.listen()

    reader.meanwhile = happens
    await remembered.find(session_id)
    reader.meanwhile = lambda: None
    await remembered.find(session_id)
    assert reader.asked == 2


async def test_keeps_nothing_of_sessions_that_have_ended(
    reader: CountedReader, remembered: RememberedCallers
) -> None:
    first, second = a_caller(), a_caller()
    second = attrs.evolve(second, actor=attrs.evolve(second.actor, user_id=first.actor.user_id))
    for session_id in map(reader.knows, (first, second)):
        await remembered.find(session_id)
        remembered.hear(f"session:{session_id}")
    assert remembered._callers == {}
    assert remembered._credentials == {}


async def test_a_key_is_remembered_until_its_owner_is_named(
    reader: CountedReader, remembered: RememberedCallers
) -> None:
    caller, key_hash = a_caller(), b"a hash"
    reader.callers[key_hash] = caller
    assert [await remembered.find_by_api_key(key_hash) for _ in range(3)] == [caller] * 3
    assert reader.asked == 1
    remembered.hear(f"user:{uuid4()}\nsession:{uuid4()}")
    await remembered.find_by_api_key(key_hash)
    assert reader.asked == 1
    remembered.hear(f"user:{caller.actor.user_id}")
    await remembered.find_by_api_key(key_hash)
    assert reader.asked == 2


async def test_has_an_end_to_its_memory(reader: CountedReader, clock: FixedClock) -> None:
    remembered = RememberedCallers(reader, clock, most=10)
    remembered.listen()
    for _ in range(35):
        await remembered.find(reader.knows(a_caller()))
        assert 1 <= len(remembered._callers) <= 10


# From here on with the real thing, and another process as a second service on the same database.


def callers_of(inside: Inside) -> RememberedCallers:
    callers = inside.services[AuthenticateHandler].callers
    assert isinstance(callers, RememberedCallers)
    return callers


@pytest.fixture
async def elsewhere(inside: Inside, settings: Settings, database_url: str) -> AsyncIterator[Inside]:
    async with running(settings, database_url) as elsewhere:
        yield elsewhere


async def signed_in(inside: Inside) -> Actor:
    """Somebody whom this service remembers."""
    await inside.services[RegisterUserHandler](
        RegisterUser(email="ann@example.com", password=PASSWORD), SYSTEM
    )
    actor = await signed_in_again(inside)
    assert actor.session_id in callers_of(inside)._callers
    return actor


async def signed_in_again(inside: Inside) -> Actor:
    login = Login(name="ann@example.com", password=PASSWORD)
    tokens = await inside.services[LoginHandler](login, ANONYMOUS)
    return await inside.services[AuthenticateHandler](tokens.access_token)


async def until(condition: Callable[[], bool], seconds: float = 1) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        await asyncio.sleep(0.005)


async def test_a_session_that_ends_elsewhere_is_forgotten_within_a_second(
    inside: Inside, elsewhere: Inside
) -> None:
    actor = await signed_in(inside)
    await elsewhere.services[LogoutHandler](actor)
    await until(lambda: actor.session_id not in callers_of(inside)._callers)


async def test_a_user_who_is_changed_elsewhere_is_forgotten_within_a_second(
    inside: Inside, elsewhere: Inside
) -> None:
    actor = await signed_in(inside)
    assert actor.user_id is not None
    update = UpdateUser(user_id=actor.user_id, is_active=False)
    await elsewhere.services[UpdateUserHandler](update, SYSTEM)
    await until(lambda: actor.session_id not in callers_of(inside)._callers)


async def test_what_was_rolled_back_elsewhere_changes_nothing(
    inside: Inside, elsewhere: Inside
) -> None:
    actor = await signed_in(inside)
    handler = elsewhere.services[LogoutHandler]
    assert actor.session_id is not None
    async with handler.begin() as uow:
        session = await uow.sessions.get(actor.session_id)
        session.revoke(at=handler.clock.now())
        await uow.sessions.save(session)
    # What comes later has come, so what was to come before has not.
    other = await signed_in_again(inside)
    await handler(other)
    await until(lambda: other.session_id not in callers_of(inside)._callers)
    assert actor.session_id in callers_of(inside)._callers


async def test_whoever_cannot_hear_remembers_nothing_and_listens_again_by_itself(
    settings: Settings, database_url: str
) -> None:
    async with relayed(database_url) as relay, running(settings, relay.url) as inside:
        actor = await signed_in(inside)
        callers = callers_of(inside)
        await relay.cut()
        await until(lambda: not callers.listening)
        assert actor.session_id not in callers._callers
        await relay.mend()
        await until(lambda: callers.listening, seconds=3)


async def test_a_service_starts_although_it_cannot_hear_yet(
    settings: Settings, database_url: str
) -> None:
    reader = CountedReader()
    callers = RememberedCallers(reader, FixedClock())
    async with relayed(database_url) as relay:
        await relay.cut()
        async with listening(
            relay.url, {CHANNEL: callers}, connect_timeout=0.05, jitter=SystemJitter()
        ):
            assert not callers.listening
            await relay.mend()
            await until(lambda: callers.listening, seconds=3)
        assert not callers.listening
