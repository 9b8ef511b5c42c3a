"""Who follows items is given what they may see, and woken by nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from application.auth.authenticate import AuthenticateHandler
from application.auth.ports import RightsChanges
from application.items.follow_items import FollowItems, FollowItemsHandler, Quiet
from application.items.item_feed import Follower, ItemFeed
from domain.access import ADMIN
from domain.users import User
from tests.application.service import Service
from tests.builders import a_user
from tests.builders.items import an_item

ANN, BOB = a_user(), a_user()
EVERYBODY_READER = a_user(roles=frozenset({ADMIN}))


@attrs.define
class Rights:
    heard: int = 0


@pytest.fixture
def rights(service: Service) -> Rights:
    rights = Rights()
    service.use(RightsChanges, rights)
    return rights


@pytest.fixture
async def feed(service: Service, rights: Rights) -> AsyncIterator[ItemFeed]:
    await service.add(ANN, BOB, EVERYBODY_READER)
    feed = service[ItemFeed]
    reading = asyncio.create_task(feed.keep_reading())
    yield feed
    reading.cancel()


@asynccontextmanager
async def following(service: Service, feed: ItemFeed, user: User) -> AsyncIterator[Follower]:
    """As far as waiting for what happens next."""
    tokens = await service.sign_in(user)
    admission = service[AuthenticateHandler].admit(tokens.access_token)
    async with feed.joined() as follower:
        command = FollowItems(follower=follower, patience=0)
        async with service[FollowItemsHandler](command, admission) as notices:
            assert await anext(notices) == Quiet()
        yield follower


async def given_to(follower: Follower, service: Service, feed: ItemFeed, owner: User) -> bool:
    """Whether it is, once something happened to an item of the owner's."""
    async with feed.joined() as whoever:
        await service.add(an_item(owner_id=owner.id))
        await whoever.wait(10)
        assert whoever.has_more
    return follower.has_more


@pytest.mark.parametrize(
    ("user", "owner", "expected"),
    [(ANN, ANN, True), (ANN, BOB, False), (EVERYBODY_READER, BOB, True)],
)
async def test_is_given_what_may_be_seen(
    service: Service, feed: ItemFeed, user: User, owner: User, expected: bool
) -> None:
    async with following(service, feed, user) as follower:
        assert await given_to(follower, service, feed, owner) is expected


async def test_is_given_everything_from_the_moment_that_rights_have_changed(
    service: Service, feed: ItemFeed, rights: Rights
) -> None:
    async with following(service, feed, ANN) as follower:
        rights.heard += 1
        assert await given_to(follower, service, feed, BOB)


async def test_concludes_nothing_from_rights_that_have_changed_meanwhile(
    service: Service, feed: ItemFeed
) -> None:
    async with feed.joined() as follower:
        follower.widen()
        follower.narrow(ANN.id)
        assert await given_to(follower, service, feed, BOB)


async def test_whoever_has_left_is_given_nothing(service: Service, feed: ItemFeed) -> None:
    async with following(service, feed, ANN) as follower:
        pass
    assert not await given_to(follower, service, feed, ANN)
