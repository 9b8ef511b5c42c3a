"""What sign-in compares with."""

from datetime import UTC, datetime, timedelta

import pytest

from application.auth.ports import Credentials
from domain.access import Origin
from domain.users import User
from tests.builders import LATER, a_session, a_user
from tests.contracts.storage import Storage

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HERE = Origin(address="203.0.113.9")


@pytest.mark.parametrize(
    "name",
    ["ann@bücher.example", " ANN@xn--bcher-kva.example ", "anneliese", " Anneliese ", "ANNELIESE"],
)
async def test_finds_by_email_or_username(storage: Storage, name: str) -> None:
    ann = a_user(email="Ann@Bücher.example", username="anneliese", password_hash="hash")
    await storage.add(ann, a_user())

    found = await storage.credentials.find(name, HERE, at=NOW)

    assert found == Credentials(user_id=ann.id, password_hash="hash")


@pytest.mark.parametrize(
    "name",
    ["", "bob", "ann@", "@", "ann%", "an_", "ann\0", "ann@example.com\0", "\ud800", "x" * 10_000],
)
async def test_finds_nobody_by_another_name(storage: Storage, name: str) -> None:
    await storage.add(a_user(email="ann@example.com", username="ann"))

    assert await storage.credentials.find(name, HERE, at=NOW) is None


async def test_an_id_is_no_name_to_sign_in_with(storage: Storage) -> None:
    await storage.add(ann := a_user())

    assert await storage.credentials.find(str(ann.id), HERE, at=NOW) is None


async def test_a_username_that_looks_like_an_id_is_a_username(storage: Storage) -> None:
    await storage.add(ann := a_user())
    await storage.add(bob := a_user(username=str(ann.id)))

    found = await storage.credentials.find(str(ann.id), HERE, at=NOW)
    assert found is not None
    assert found.user_id == bob.id


async def test_the_deleted_have_no_credentials(storage: Storage) -> None:
    await storage.add(gone := a_user(deleted_at=LATER))

    assert await storage.credentials.find(gone.email, HERE, at=NOW) is None
    assert await storage.credentials.find(gone.username, HERE, at=NOW) is None


async def test_the_inactive_have_theirs(storage: Storage) -> None:
    await storage.add(ann := a_user(is_active=False))

    assert await storage.credentials.find(ann.username, HERE, at=NOW) is not None


async def test_who_has_no_password_has_no_hash(storage: Storage) -> None:
    await storage.add(ann := a_user(password_hash=None))

    found = await storage.credentials.find(ann.username, HERE, at=NOW)

    assert found == Credentials(user_id=ann.id, password_hash=None)


async def test_a_changed_password_is_known_at_once(storage: Storage) -> None:
    await storage.add(ann := a_user())
    async with storage.begin() as uow:
        user = await uow.users.get(ann.id)
        user.change_password("new", at=LATER)
        await uow.users.save(user)
        await uow.commit()

    found = await storage.credentials.find(ann.username, HERE, at=NOW)
    assert found is not None
    assert found.password_hash == "new"


async def test_knows_where_the_owner_has_been(storage: Storage) -> None:
    await storage.add(ann := a_user(), bob := a_user())
    await storage.add(
        a_session(user_id=ann.id, created_at=NOW, ip="203.0.113.9", revoked_at=NOW),
        a_session(user_id=ann.id, created_at=NOW, ip="2001:db8:0:1::7"),
        a_session(user_id=ann.id, created_at=NOW - timedelta(days=90), ip="203.0.113.77"),
        a_session(user_id=bob.id, created_at=NOW, ip=None),
    )

    async def is_familiar(user: User, address: str | None) -> bool:
        found = await storage.credentials.find(user.username, Origin(address=address), at=NOW)
        assert found is not None
        return found.is_familiar

    assert await is_familiar(ann, "203.0.113.9")
    assert await is_familiar(ann, "2001:db8:0:1:ffff::1")
    assert not await is_familiar(ann, "203.0.113.10")
    assert not await is_familiar(ann, "203.0.113.77")
    assert not await is_familiar(bob, "203.0.113.9")
