"""What nobody owns is told of to those who hold the permission, and as long as they do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from application.auth.authenticate import AuthenticateHandler
from application.events.follow import Follow, Following, Notice, Quiet
from application.events.kind import EventKind
from application.events.ports import Event, EventReader
from application.items.views import ItemView
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from domain.access import ADMIN, MEMBER, SYSTEM, Permission, PermissionDenied
from domain.users import User
from tests.application.rights import Rights
from tests.application.service import Service
from tests.builders import a_user
from tests.builders.items import an_item

MEMBER_, HOLDER = a_user(), a_user(roles=frozenset({ADMIN}))


@attrs.define(eq=False)
class FollowCatalogue(Following[ItemView]):
    kind = EventKind(name="items", called="item", view=ItemView, permission=Permission.ITEMS_READ)
    reader: EventReader[ItemView]


@pytest.fixture
async def follow(service: Service, rights: Rights) -> AsyncIterator[FollowCatalogue]:
    await service.add(MEMBER_, HOLDER)
    follow = service[FollowCatalogue]
    reading = asyncio.create_task(follow.feed.keep_reading())
    yield follow
    reading.cancel()


@asynccontextmanager
async def followed(
    service: Service, follow: FollowCatalogue, user: User
) -> AsyncIterator[AsyncIterator[Notice[ItemView]]]:
    tokens = await service.sign_in(user)
    admission = service[AuthenticateHandler].admit(tokens.access_token)
    async with (
        asyncio.timeout(10),
        follow.feed.joined() as follower,
        follow(Follow(follower=follower, patience=0), admission) as notices,
    ):
        yield notices


async def event_in(notices: AsyncIterator[Notice[ItemView]]) -> Event[ItemView]:
    async for notice in notices:
        if isinstance(notice, Event):
            return notice
    raise AssertionError("it has ended")


async def test_the_holder_is_told_whoever_has_made_it(
    service: Service, follow: FollowCatalogue
) -> None:
    async with followed(service, follow, HOLDER) as notices:
        await service.add(item := an_item(owner_id=MEMBER_.id))
        assert (await event_in(notices)).subject.id == item.id


async def test_others_may_not_follow(service: Service, follow: FollowCatalogue) -> None:
    with pytest.raises(PermissionDenied):
        async with followed(service, follow, MEMBER_):
            pass


async def test_it_ends_with_the_permission(
    service: Service, follow: FollowCatalogue, rights: Rights
) -> None:
    async with followed(service, follow, HOLDER) as notices:
        assert await anext(notices) == Quiet()
        await service[AssignRolesHandler](AssignRoles(user_id=HOLDER.id, roles=[MEMBER]), SYSTEM)
        rights.heard += 1
        await service.add(an_item(owner_id=HOLDER.id))
        with pytest.raises(PermissionDenied):
            await event_in(notices)
