"""Whole accounts."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs
import pytest

from domain.access import ADMIN, MEMBER, RoleName, RoleNotFound
from domain.errors import VersionMismatch
from domain.users import EmailTaken, User, UsernameTaken, UserNotFound
from tests.builders import (
    LATER,
    UPDATED,
    a_role,
    a_user,
)
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage

DAY = timedelta(days=1)


async def stored(storage: Storage, user: User) -> User:
    async with storage.begin() as uow:
        return await uow.users.get_deleted(user.id)


async def changed(storage: Storage, user: User, change: Callable[[User], None]) -> User:
    async with storage.begin() as uow:
        loaded = await uow.users.get_deleted(user.id)
        change(loaded)
        await uow.users.save(loaded)
        await uow.commit()
    return loaded


@pytest.mark.parametrize(
    "user",
    [
        a_user(
            email="Änn.Lee+x@Bücher.example",
            username="a_n.n-1",
            full_name="Žofie 李 💡",
            password_hash="$2b$12$abc",
            is_active=False,
            is_superuser=True,
            email_verified=True,
            roles=frozenset({ADMIN, MEMBER}),
            last_login_at=LATER,
            deleted_at=LATER + timedelta(microseconds=1),
            version=7,
        ),
        a_user(
            full_name=None,
            password_hash=None,
            email_verified=False,
            roles=frozenset(),
            last_login_at=None,
        ),
    ],
    ids=["full", "bare"],
)
async def test_keeps_every_field(storage: Storage, user: User) -> None:
    await storage.add(user)

    assert await stored(storage, user) == user


async def test_saves_every_field_that_may_change(storage: Storage) -> None:
    await storage.add(editors := a_role(), ann := a_user(is_superuser=False))

    def change(user: User) -> None:
        user.email = "Other@Example.org"
        user.username = "other"
        user.full_name = None
        user.password_hash = "other"
        user.is_active = False
        user.is_superuser = True
        user.email_verified = False
        user.language = "fr"
        user.roles = frozenset({editors.name})
        user.updated_at = LATER
        user.last_login_at = LATER + timedelta(seconds=1)
        user.deleted_at = LATER + timedelta(seconds=2)
        user.deleted_by_owner = True

    saved = await changed(storage, ann, change)

    assert await stored(storage, ann) == saved
    unchanged = {"id", "created_at"}
    for field in attrs.fields(User):
        if field.name not in unchanged:
            assert getattr(saved, field.name) != getattr(ann, field.name), field.name


async def test_copies_in(storage: Storage) -> None:
    ann = a_user(full_name="Ann Lee")
    async with storage.begin() as uow:
        await uow.users.add(ann)
        ann.full_name = "Nobody"
        await uow.commit()

    assert (await stored(storage, ann)).full_name == "Ann Lee"


async def test_copies_out(storage: Storage) -> None:
    await storage.add(ann := a_user(full_name="Ann Lee"))
    async with storage.begin() as uow:
        loaded = await uow.users.get(ann.id)
        loaded.full_name = "Nobody"
        assert (await uow.users.get(ann.id)).full_name == "Ann Lee"
        await uow.commit()

    assert await stored(storage, ann) == ann


async def test_the_unknown_are_not_found(storage: Storage) -> None:
    unknown = a_user()
    async with storage.begin() as uow:
        for find in (uow.users.get, uow.users.get_deleted, uow.users.read):
            with pytest.raises(UserNotFound):
                await find(unknown.id)


async def test_the_deleted_are_found_only_where_asked_for(storage: Storage) -> None:
    await storage.add(gone := a_user(deleted_at=LATER), here := a_user())
    async with storage.begin() as uow:
        for find in (uow.users.get, uow.users.read):
            with pytest.raises(UserNotFound):
                await find(gone.id)
        assert await uow.users.get_deleted(gone.id) == gone
        assert await uow.users.get_deleted(here.id) == here


@pytest.mark.parametrize("deleted_at", [None, LATER], ids=["live", "deleted"])
async def test_finds_by_email_however_it_is_spelled(
    storage: Storage, deleted_at: datetime | None
) -> None:
    ann = a_user(email="Ann@Bücher.example", deleted_at=deleted_at)
    await storage.add(ann, a_user(username="ann-at-buecher"))
    async with storage.begin() as uow:
        assert await uow.users.find_by_email("ANN@xn--bcher-kva.example") == ann
        assert await uow.users.find_by_email("nobody@example.com") is None


TAKEN = [
    (a_user(email="ann@xn--bcher-kva.example"), EmailTaken),
    (a_user(email="ANN@Bücher.example"), EmailTaken),
    (a_user(username="anneliese"), UsernameTaken),
    (a_user(roles=frozenset({RoleName("unknown")})), RoleNotFound),
]
TAKEN_IDS = ["email by IDNA", "email by case", "username", "role"]


@pytest.mark.parametrize(("user", "refusal"), TAKEN, ids=TAKEN_IDS)
@pytest.mark.parametrize("deleted_at", [None, LATER], ids=["live", "deleted"])
async def test_refuses_to_add_what_clashes(
    storage: Storage, user: User, refusal: type[Exception], deleted_at: datetime | None
) -> None:
    await storage.add(
        a_user(email="Ann@Bücher.example", username="anneliese", deleted_at=deleted_at)
    )

    with pytest.raises(refusal):
        await storage.add(user)
    with pytest.raises(UserNotFound):
        await stored(storage, user)


@pytest.mark.parametrize(("user", "refusal"), TAKEN, ids=TAKEN_IDS)
async def test_refuses_to_save_what_clashes(
    storage: Storage, user: User, refusal: type[Exception]
) -> None:
    await storage.add(a_user(email="Ann@Bücher.example", username="anneliese"))
    await storage.add(bob := a_user())

    def clash(bob: User) -> None:
        bob.email, bob.username, bob.roles = user.email, user.username, user.roles

    with pytest.raises(refusal):
        await changed(storage, bob, clash)
    assert await stored(storage, bob) == bob


async def test_saving_ones_own_names_is_no_clash(storage: Storage) -> None:
    await storage.add(ann := a_user(email="ann@example.com"))

    def rewrite(user: User) -> None:
        user.email = "ANN@example.com"

    await changed(storage, ann, rewrite)

    assert (await stored(storage, ann)).email == "ANN@example.com"


async def test_a_name_that_was_given_up_is_free(storage: Storage) -> None:
    await storage.add(ann := a_user(username="ann"))

    await changed(storage, ann, lambda user: user.rename("anneliese", at=LATER))

    await storage.add(a_user(username="ann"))


async def test_counts_the_version_up(storage: Storage) -> None:
    await storage.add(ann := a_user(version=7))

    saved = await changed(storage, ann, lambda user: user.rename("other", at=LATER))

    assert saved.version == 8
    assert await stored(storage, ann) == saved


async def test_refuses_a_stale_save(storage: Storage) -> None:
    await storage.add(ann := a_user())
    async with storage.begin() as uow:
        mine, theirs = await uow.users.get(ann.id), await uow.users.get(ann.id)
        theirs.rename("theirs", at=LATER)
        await uow.users.save(theirs)
        mine.rename("mine", at=LATER)
        with pytest.raises(VersionMismatch):
            await uow.users.save(mine)
        assert mine.version == ann.version
        await uow.commit()

    assert await stored(storage, ann) == theirs


async def test_refuses_to_save_what_was_never_added(storage: Storage) -> None:
    async with storage.begin() as uow:
        with pytest.raises(VersionMismatch):
            await uow.users.save(a_user())


async def test_racing_changes_lose_nothing(storage: Storage) -> None:
    await storage.add(ann := a_user(full_name=""))

    async def sign(letter: str) -> None:
        async with storage.begin() as uow:
            user = await uow.users.get(ann.id)
            await let_others_in()
            user.introduce(f"{user.full_name}{letter}", at=LATER)
            await uow.users.save(user)
            await uow.commit()

    await asyncio.gather(*map(sign, "abcdefgh"))

    signed = await stored(storage, ann)
    assert sorted(signed.full_name or "") == list("abcdefgh")
    assert signed.version == ann.version + 8


async def test_of_racing_namesakes_one_is_added(storage: Storage) -> None:
    users = [a_user(email="ann@example.com") for _ in range(6)]

    outcomes = await asyncio.gather(*(storage.add(user) for user in users), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmailTaken"] * 5 + [
        "NoneType"
    ]


async def test_adds_many_whose_names_are_free(storage: Storage) -> None:
    await storage.add(editors := a_role())
    users = [
        a_user(roles=frozenset({editors.name, MEMBER}), version=3),
        a_user(roles=frozenset()),
        a_user(roles=frozenset({ADMIN}), deleted_at=LATER),
    ]

    async with storage.begin() as uow:
        assert list(await uow.users.add_many(users)) == []
        await uow.commit()

    assert [await stored(storage, user) for user in users] == users


async def test_adding_none_is_fine(storage: Storage) -> None:
    async with storage.begin() as uow:
        assert list(await uow.users.add_many([])) == []


async def test_answers_those_of_many_who_clash(storage: Storage) -> None:
    await storage.add(a_user(email="ann@example.com"), a_user(username="gone", deleted_at=LATER))
    good, better = a_user(email="new@example.com"), a_user(username="new")
    bad = [
        a_user(email="ANN@example.com"),
        a_user(username="gone"),
        a_user(email="NEW@example.com"),
        a_user(username="new"),
    ]

    async with storage.begin() as uow:
        refused = await uow.users.add_many([bad[0], good, bad[1], better, *bad[2:]])
        await uow.commit()

    assert list(refused) == bad
    assert await stored(storage, good) == good
    assert await stored(storage, better) == better
    for user in bad:
        with pytest.raises(UserNotFound):
            await stored(storage, user)


async def test_adds_many_only_with_roles_that_are_there(storage: Storage) -> None:
    async with storage.begin() as uow:
        with pytest.raises(RoleNotFound):
            await uow.users.add_many([a_user(), a_user(roles=frozenset({RoleName("unknown")}))])


async def test_a_thousand_are_added_at_once(storage: Storage) -> None:
    users = [a_user() for _ in range(1000)]

    async with storage.begin() as uow:
        assert list(await uow.users.add_many(users)) == []
        await uow.commit()

    assert await stored(storage, users[-1]) == users[-1]


async def test_knows_which_usernames_are_taken(storage: Storage) -> None:
    await storage.add(a_user(username="ann"), a_user(username="gone", deleted_at=LATER))

    async with storage.begin() as uow:
        taken = await uow.users.usernames_taken(["ann", "gone", "free"])
        assert await uow.users.usernames_taken([]) == frozenset()

    assert taken == {"ann", "gone"}


async def test_superusers_are_those_who_hold_the_service(storage: Storage) -> None:
    ann, bob = a_user(is_superuser=True), a_user(is_superuser=True)
    await storage.add(
        ann,
        bob,
        a_user(roles=frozenset({ADMIN})),
        a_user(is_superuser=True, is_active=False),
        a_user(is_superuser=True, deleted_at=LATER),
    )

    async with storage.begin() as uow:
        assert await uow.users.lock_superusers() == {ann.id, bob.id}


async def test_racing_demotions_leave_one_superuser(storage: Storage) -> None:
    users = [a_user(is_superuser=True) for _ in range(4)]
    await storage.add(*users)

    async def demote_unless_last(user: User) -> None:
        async with storage.begin() as uow:
            superusers = await uow.users.lock_superusers()
            await let_others_in()
            loaded = await uow.users.get(user.id)
            if superusers != {user.id}:
                loaded.demote(at=LATER)
                await uow.users.save(loaded)
                await uow.commit()

    await asyncio.gather(*map(demote_unless_last, users))

    async with storage.begin() as uow:
        assert len(await uow.users.lock_superusers()) == 1


async def test_a_sign_in_is_noted_beside_the_version(storage: Storage) -> None:
    await storage.add(ann := a_user(version=7, last_login_at=UPDATED, password_hash="old"))

    async with storage.begin() as uow:
        await uow.users.note_login(ann.id, at=LATER)
        await uow.commit()
    assert await stored(storage, ann) == attrs.evolve(ann, last_login_at=LATER)

    async with storage.begin() as uow:
        await uow.users.rehash(ann.id, "new")
        await uow.commit()
    noted = await stored(storage, ann)
    assert noted == attrs.evolve(ann, last_login_at=LATER, password_hash="new")


async def test_a_noted_sign_in_makes_no_copy_stale(storage: Storage) -> None:
    await storage.add(ann := a_user())
    before = await stored(storage, ann)

    async with storage.begin() as uow:
        await uow.users.note_login(ann.id, at=LATER)
        await uow.commit()

    async with storage.begin() as uow:
        before.rename("other", at=LATER)
        await uow.users.save(before)
