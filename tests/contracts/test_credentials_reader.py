"""What sign-in compares with."""

import pytest

from application.auth.ports import Credentials
from tests.builders import LATER, a_user
from tests.contracts.storage import Storage


@pytest.mark.parametrize(
    "name",
    ["ann@bücher.example", " ANN@xn--bcher-kva.example ", "anneliese", " Anneliese ", "ANNELIESE"],
)
async def test_finds_by_email_or_username(storage: Storage, name: str) -> None:
    ann = a_user(email="Ann@Bücher.example", username="anneliese", password_hash="hash")
    await storage.add(ann, a_user())

    found = await storage.credentials.find(name)

    assert found == Credentials(user_id=ann.id, password_hash="hash")


@pytest.mark.parametrize(
    "name",
    ["", "bob", "ann@", "@", "ann%", "an_", "ann\0", "ann@example.com\0", "\ud800", "x" * 10_000],
)
async def test_finds_nobody_by_another_name(storage: Storage, name: str) -> None:
    await storage.add(a_user(email="ann@example.com", username="ann"))

    assert await storage.credentials.find(name) is None


async def test_an_id_is_no_name_to_sign_in_with(storage: Storage) -> None:
    await storage.add(ann := a_user())

    assert await storage.credentials.find(str(ann.id)) is None


async def test_a_username_that_looks_like_an_id_is_a_username(storage: Storage) -> None:
    await storage.add(ann := a_user())
    await storage.add(bob := a_user(username=str(ann.id)))

    found = await storage.credentials.find(str(ann.id))
    assert found is not None
    assert found.user_id == bob.id


async def test_the_deleted_have_no_credentials(storage: Storage) -> None:
    await storage.add(gone := a_user(deleted_at=LATER))

    assert await storage.credentials.find(gone.email) is None
    assert await storage.credentials.find(gone.username) is None


async def test_the_inactive_have_theirs(storage: Storage) -> None:
    await storage.add(ann := a_user(is_active=False))

    assert await storage.credentials.find(ann.username) is not None


async def test_who_has_no_password_has_no_hash(storage: Storage) -> None:
    await storage.add(ann := a_user(password_hash=None))

    found = await storage.credentials.find(ann.username)

    assert found == Credentials(user_id=ann.id, password_hash=None)


async def test_a_changed_password_is_known_at_once(storage: Storage) -> None:
    await storage.add(ann := a_user())
    async with storage.begin() as uow:
        user = await uow.users.get(ann.id)
        user.change_password("new", at=LATER)
        await uow.users.save(user)
        await uow.commit()

    found = await storage.credentials.find(ann.username)
    assert found is not None
    assert found.password_hash == "new"
