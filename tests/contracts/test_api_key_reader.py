"""API keys, for showing."""

from datetime import timedelta

import pytest

from application.access.views import ApiKeyView
from application.paging import Slice, Window
from domain.users import User
from tests.builders import CREATED, a_user, an_api_key
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk

HOUR = timedelta(hours=1)


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def test_shows_every_field(storage: Storage, ann: User) -> None:
    full = an_api_key(user_id=ann.id, name="Žižkov")
    bare = an_api_key(user_id=ann.id, expires_at=None, last_used_at=None)
    await storage.add(full, bare)

    page = await storage.api_keys.page(ann.id, a_window(sort="created_at"))

    assert list(page.rows) == [ApiKeyView.of(full), ApiKeyView.of(bare)]


async def test_shows_those_of_the_owner_only(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    await storage.add(own := an_api_key(user_id=ann.id), an_api_key(user_id=bob.id))

    page = await storage.api_keys.page(ann.id, a_window())
    assert [key.id for key in page.rows] == [own.id]
    assert (page.total, page.has_more) == (1, False)
    nobody = await storage.api_keys.page(a_user().id, a_window())
    assert (list(nobody.rows), nobody.total, nobody.has_more) == ([], 0, False)


async def test_finds_a_key_by_its_prefix_or_its_id(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    await storage.add(own := an_api_key(user_id=ann.id), other := an_api_key(user_id=bob.id))

    for name in (own.prefix, str(own.id)):
        assert await storage.api_keys.find(ann.id, name) == ApiKeyView.of(own)
    for name in (other.prefix, str(other.id), own.name, own.prefix[:-1], "", "\0", "\ud800"):
        assert await storage.api_keys.find(ann.id, name) is None


async def test_pages(storage: Storage, ann: User) -> None:
    keys = [
        an_api_key(user_id=ann.id, name=f"n{number % 2}", created_at=CREATED + HOUR * (number % 3))
        for number in range(7)
    ]
    await storage.add(*keys)

    async def page(window: Window) -> Slice[ApiKeyView]:
        return await storage.api_keys.page(ann.id, window)

    for limit in (1, 2, 7, 8):
        walked = await walk(page, "name", limit=limit)
        assert [key.id for rows in walked for key in rows] == [
            key.id for key in sorted(keys, key=lambda key: (key.name, key.id))
        ]
        walked = await walk(page, "-created_at", limit=limit)
        assert [key.id for rows in walked for key in rows] == [
            key.id for key in sorted(keys, key=lambda key: (key.created_at, key.id), reverse=True)
        ]
