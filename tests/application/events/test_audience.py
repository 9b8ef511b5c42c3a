"""Who follows is given what they may see, and woken by nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from application.auth.authenticate import AuthenticateHandler
from application.events.feed import Follower
from application.events.follow import Follow, Quiet
from domain.access import ADMIN
from domain.users import User
from tests.application.rights import Rights
from tests.application.service import Service
from tests.builders import a_user
from tests.things import FollowThings, MemoryThings, Thing, ThingView, add

ANN, BOB = a_user(), a_user()
EVERYBODY_READER = a_user(roles=frozenset({ADMIN}))


@pytest.fixture
async def follow(
    service: Service, things: MemoryThings, rights: Rights
) -> AsyncIterator[FollowThings]:
    await service.add(ANN, BOB, EVERYBODY_READER)
    follow = service[FollowThings]
    reading = asyncio.create_task(follow.feed.keep_reading())
    yield follow
    reading.cancel()


@asynccontextmanager
async def following(
    service: Service, follow: FollowThings, user: User
) -> AsyncIterator[Follower[ThingView]]:
    """As far as waiting for what happens next."""
    tokens = await service.sign_in(user)
    admission = service[AuthenticateHandler].admit(tokens.access_token)
    async with follow.feed.joined() as follower:
        command = Follow(follower=follower, patience=0)
        async with follow(command, admission) as notices:
            assert await anext(notices) == Quiet()
        yield follower


async def given_to(
    follower: Follower[ThingView], things: MemoryThings, follow: FollowThings, owner: User
) -> bool:
    """Whether it is, once something happened to a thing of the owner's."""
    async with follow.feed.joined() as whoever:
        await add(things, Thing(owner_id=owner.id))
        await whoever.wait(10)
        assert whoever.has_more
    return follower.has_more


@pytest.mark.parametrize(
    ("user", "owner", "expected"),
    [(ANN, ANN, True), (ANN, BOB, False), (EVERYBODY_READER, BOB, True)],
)
async def test_is_given_what_may_be_seen(
    service: Service,
    things: MemoryThings,
    follow: FollowThings,
    user: User,
    owner: User,
    expected: bool,
) -> None:
    async with following(service, follow, user) as follower:
        assert await given_to(follower, things, follow, owner) is expected


async def test_is_given_everything_from_the_moment_that_rights_have_changed(
    service: Service, things: MemoryThings, follow: FollowThings, rights: Rights
) -> None:
    async with following(service, follow, ANN) as follower:
        rights.heard += 1
        assert await given_to(follower, things, follow, BOB)


async def test_concludes_nothing_from_rights_that_have_changed_meanwhile(
    things: MemoryThings, follow: FollowThings
) -> None:
    async with follow.feed.joined() as follower:
        follower.widen()
        follower.narrow(ANN.id)
        assert await given_to(follower, things, follow, BOB)


async def test_whoever_has_left_is_given_nothing(
    service: Service, things: MemoryThings, follow: FollowThings
) -> None:
    async with following(service, follow, ANN) as follower:
        pass
    assert not await given_to(follower, things, follow, ANN)
