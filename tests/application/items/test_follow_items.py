"""Who follows items is given what they may see, and woken by nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from application.auth.authenticate import AuthenticateHandler
from application.events.feed import Follower
from application.events.follow import Follow, Quiet
from application.items.follow_items import FollowItemsHandler
from application.items.views import ItemView
from domain.access import ADMIN
from domain.users import User
from tests.application.rights import Rights
from tests.application.service import Service
from tests.builders import a_user
from tests.builders.items import an_item

ANN, BOB = a_user(), a_user()
EVERYBODY_READER = a_user(roles=frozenset({ADMIN}))


@pytest.fixture
async def follow(service: Service, rights: Rights) -> AsyncIterator[FollowItemsHandler]:
    await service.add(ANN, BOB, EVERYBODY_READER)
    follow = service[FollowItemsHandler]
    reading = asyncio.create_task(follow.feed.keep_reading())
    yield follow
    reading.cancel()


@asynccontextmanager
async def following(
    service: Service, follow: FollowItemsHandler, user: User
) -> AsyncIterator[Follower[ItemView]]:
    """As far as waiting for what happens next."""
    tokens = await service.sign_in(user)
    admission = service[AuthenticateHandler].admit(tokens.access_token)
    async with follow.feed.joined() as follower:
        command = Follow(follower=follower, patience=0)
        async with follow(command, admission) as notices:
            assert await anext(notices) == Quiet()
        yield follower


async def given_to(
    follower: Follower[ItemView], service: Service, follow: FollowItemsHandler, owner: User
) -> bool:
    """Whether it is, once something happened to an item of the owner's."""
    async with follow.feed.joined() as whoever:
        await service.add(an_item(owner_id=owner.id))
        await whoever.wait(10)
        assert whoever.has_more
    return follower.has_more


@pytest.mark.parametrize(
    ("user", "owner", "expected"),
    [(ANN, ANN, True), (ANN, BOB, False), (EVERYBODY_READER, BOB, True)],
)
async def test_is_given_what_may_be_seen(
    service: Service, follow: FollowItemsHandler, user: User, owner: User, expected: bool
) -> None:
    async with following(service, follow, user) as follower:
        assert await given_to(follower, service, follow, owner) is expected


async def test_is_given_everything_from_the_moment_that_rights_have_changed(
    service: Service, follow: FollowItemsHandler, rights: Rights
) -> None:
    async with following(service, follow, ANN) as follower:
        rights.heard += 1
        assert await given_to(follower, service, follow, BOB)


async def test_concludes_nothing_from_rights_that_have_changed_meanwhile(
    service: Service, follow: FollowItemsHandler
) -> None:
    async with follow.feed.joined() as follower:
        follower.widen()
        follower.narrow(ANN.id)
        assert await given_to(follower, service, follow, BOB)


async def test_whoever_has_left_is_given_nothing(
    service: Service, follow: FollowItemsHandler
) -> None:
    async with following(service, follow, ANN) as follower:
        pass
    assert not await given_to(follower, service, follow, ANN)
