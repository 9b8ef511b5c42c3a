"""Following what happens: what was missed comes first, what may be seen is told, and what nobody
owns is told of to those who hold the permission, as long as they do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import attrs
import pytest

from application.auth.authenticate import AuthenticateHandler
from application.events.feed import MOST_WAITING, FellBehind
from application.events.follow import MOST_CONNECTIONS, Follow, Following, Notice, Quiet, Reset
from application.events.ports import Event, EventReader
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from domain.access import ADMIN, MEMBER, SYSTEM, PermissionDenied
from domain.events import EventId, TooManyFollowers
from domain.users import User
from tests.application.rights import Rights
from tests.application.service import Service
from tests.builders import a_user, new_id
from tests.things import KIND, FollowThings, MemoryThings, Thing, ThingView, add

ANN, BOB, HOLDER = a_user(), a_user(), a_user(roles=frozenset({ADMIN}))


@attrs.define(eq=False)
class FollowCatalogue(Following[ThingView]):
    """Of things that are nobody's."""

    kind = attrs.evolve(KIND, owner_of=None)
    reader: EventReader[ThingView]


@asynccontextmanager
async def fed(follow: Following[ThingView]) -> AsyncIterator[Following[ThingView]]:
    reading = asyncio.create_task(follow.feed.keep_reading())
    yield follow
    reading.cancel()


@pytest.fixture
async def follow(
    service: Service, things: MemoryThings, rights: Rights
) -> AsyncIterator[Following[ThingView]]:
    await service.add(ANN, BOB, HOLDER)
    async with fed(service[FollowThings]) as follow:
        yield follow


@pytest.fixture
async def catalogue(
    service: Service, things: MemoryThings, rights: Rights
) -> AsyncIterator[Following[ThingView]]:
    await service.add(ANN, HOLDER)
    async with fed(service[FollowCatalogue]) as follow:
        yield follow


@asynccontextmanager
async def followed(
    service: Service, follow: Following[ThingView], user: User, since: EventId | None = None
) -> AsyncIterator[AsyncIterator[Notice[ThingView]]]:
    tokens = await service.sign_in(user)
    admission = service[AuthenticateHandler].admit(tokens.access_token)
    async with (
        asyncio.timeout(10),
        follow.feed.joined() as follower,
        follow(Follow(follower=follower, since=since, patience=0), admission) as notices,
    ):
        yield notices


async def event_in(notices: AsyncIterator[Notice[ThingView]]) -> Event[ThingView]:
    async for notice in notices:
        if isinstance(notice, Event):
            return notice
    raise AssertionError("it has ended")


async def told(things: MemoryThings) -> list[Event[ThingView]]:
    """All there ever were."""
    page = await things.reader.after(await MemoryThings().reader.now(), limit=MOST_WAITING)
    return [each.event for each in page.events]


async def test_what_was_missed_comes_before_what_happens(
    service: Service, things: MemoryThings, follow: Following[ThingView]
) -> None:
    own = [Thing(owner_id=ANN.id) for _ in range(3)]
    await add(things, own[0])
    [seen] = await told(things)
    await add(things, Thing(owner_id=BOB.id), own[1])

    async with followed(service, follow, ANN, seen.id) as notices:
        missed = await event_in(notices)
        await add(things, Thing(owner_id=BOB.id), own[2])
        happening = await event_in(notices)

    assert [event.subject.id for event in (missed, happening)] == [own[1].id, own[2].id]


@pytest.mark.parametrize("of_anothers", [True, False])
async def test_what_was_seen_and_can_not_be_found_means_to_begin_anew(
    service: Service, things: MemoryThings, follow: Following[ThingView], of_anothers: bool
) -> None:
    await add(things, Thing(owner_id=BOB.id))
    [event] = await told(things)
    since = event.id if of_anothers else EventId(new_id())

    async with followed(service, follow, ANN, since) as notices:
        assert await anext(notices) == Reset()
        assert await anext(notices) == Quiet()


async def test_whoever_does_not_stay_is_told_all_there_is_and_let_go(
    service: Service, things: MemoryThings, follow: Following[ThingView]
) -> None:
    admission = service[AuthenticateHandler].admit((await service.sign_in(ANN)).access_token)
    await add(things, Thing(owner_id=ANN.id), thing := Thing(owner_id=ANN.id))
    seen = (await told(things))[0].id
    async with follow.feed.joined() as follower:
        command = Follow(follower=follower, since=seen, stays=False)
        async with follow(command, admission) as notices:
            events = [notice async for notice in notices if isinstance(notice, Event)]

    assert [event.subject.id for event in events] == [thing.id]


async def test_an_account_follows_so_many_times_at_once(
    service: Service, follow: Following[ThingView]
) -> None:
    admission = service[AuthenticateHandler].admit((await service.sign_in(ANN)).access_token)

    async with follow.feed.joined() as follower, AsyncExitStack() as held:
        command = Follow(follower=follower)
        for _ in range(MOST_CONNECTIONS - 1):
            await held.enter_async_context(follow(command, admission))
        async with follow(command, admission):
            with pytest.raises(TooManyFollowers):
                await held.enter_async_context(follow(command, admission))
        await held.enter_async_context(follow(command, admission))


async def test_whoever_is_too_slow_falls_behind(
    service: Service, things: MemoryThings, follow: Following[ThingView]
) -> None:
    async with followed(service, follow, HOLDER) as notices:
        assert await anext(notices) == Quiet()
        await add(things, *(Thing() for _ in range(MOST_WAITING + 1)))
        with pytest.raises(FellBehind):
            await event_in(notices)


async def test_what_is_nobodys_is_told_to_the_holder_of_the_permission(
    service: Service, things: MemoryThings, catalogue: Following[ThingView]
) -> None:
    async with followed(service, catalogue, HOLDER) as notices:
        await add(things, thing := Thing())
        assert (await event_in(notices)).subject.id == thing.id


async def test_others_may_not_follow_what_is_nobodys(
    service: Service, catalogue: Following[ThingView]
) -> None:
    with pytest.raises(PermissionDenied):
        async with followed(service, catalogue, ANN):
            pass


async def test_it_ends_with_the_permission(
    service: Service, things: MemoryThings, catalogue: Following[ThingView], rights: Rights
) -> None:
    async with followed(service, catalogue, HOLDER) as notices:
        assert await anext(notices) == Quiet()
        await service[AssignRolesHandler](AssignRoles(user_id=HOLDER.id, roles=[MEMBER]), SYSTEM)
        rights.heard += 1
        await add(things, Thing())
        with pytest.raises(PermissionDenied):
            await event_in(notices)
