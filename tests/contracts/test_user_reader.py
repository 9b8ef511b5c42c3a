"""Accounts, for showing."""

from datetime import timedelta

import pytest

from adapters.memory.tables import OF_MEMBERS
from application.paging import Slice, Window
from application.users.listing import UserFilter
from application.users.views import UserView
from domain.access import ADMIN, EVERY_PERMISSION, MEMBER, Permission, RoleName
from domain.users import UserNotFound
from tests.builders import CREATED, LATER, a_role, a_user
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, position_of, walk

HOUR = timedelta(hours=1)


async def test_shows_every_field(storage: Storage) -> None:
    editors = a_role(permissions=frozenset({Permission.USERS_UPDATE, Permission.USERS_CREATE}))
    ann = a_user(
        is_active=False, roles=frozenset({editors.name, MEMBER}), last_login_at=LATER, version=7
    )
    await storage.add(editors, ann)

    shown = await storage.users.get(ann.id)

    assert shown == UserView.of(ann, editors.permissions | OF_MEMBERS)
    assert shown.roles == tuple(sorted((editors.name, MEMBER)))
    assert {type(permission) for permission in shown.permissions} == {Permission}


async def test_a_superuser_is_shown_with_every_permission(storage: Storage) -> None:
    await storage.add(root := a_user(is_superuser=True, roles=frozenset()))

    assert (await storage.users.get(root.id)).permissions == tuple(sorted(EVERY_PERMISSION))


async def test_who_has_no_roles_has_no_permissions(storage: Storage) -> None:
    await storage.add(ann := a_user(roles=frozenset(), full_name=None, last_login_at=None))

    assert await storage.users.get(ann.id) == UserView.of(ann, [])


async def test_the_unknown_and_the_deleted_are_not_shown(storage: Storage) -> None:
    await storage.add(gone := a_user(deleted_at=LATER))

    for user in (gone, a_user()):
        with pytest.raises(UserNotFound):
            await storage.users.get(user.id)


async def test_finds_by_email_username_or_id(storage: Storage) -> None:
    ann = a_user(email="Ann@Bücher.example", username="anneliese")
    await storage.add(ann, a_user())

    for name in (
        "ann@xn--bcher-kva.example",
        " ANN@bücher.example ",
        "anneliese",
        " Anneliese ",
        str(ann.id),
        str(ann.id).upper(),
    ):
        assert await storage.users.find(name) == UserView.of(ann, OF_MEMBERS)


@pytest.mark.parametrize(
    "name",
    ["", " ", "ann%", "an_", "ann@", "@", "ann@example.com\0", "\0", "\ud800", "x" * 10_000],
)
async def test_finds_nobody_by_another_name(storage: Storage, name: str) -> None:
    await storage.add(a_user(email="ann@example.com", username="ann"))

    assert await storage.users.find(name) is None
    assert await storage.users.find_deleted(name) is None


async def test_an_id_wins_over_a_username_that_looks_like_it(storage: Storage) -> None:
    await storage.add(ann := a_user())
    await storage.add(impostor := a_user(username=str(ann.id)))

    found = await storage.users.find(str(ann.id))
    assert found is not None
    assert found.id == ann.id
    assert found.id != impostor.id


async def test_a_username_may_look_like_an_id(storage: Storage) -> None:
    await storage.add(ann := a_user(username=str(a_user().id)))

    found = await storage.users.find(ann.username)
    assert found is not None
    assert found.id == ann.id


async def test_the_deleted_are_found_among_the_deleted_only(storage: Storage) -> None:
    gone, here = a_user(deleted_at=LATER), a_user()
    await storage.add(gone, here)

    for name in (gone.email, gone.username, str(gone.id)):
        found = await storage.users.find_deleted(name)
        assert found == UserView.of(gone, OF_MEMBERS)
        assert await storage.users.find(name) is None
    for name in (here.email, here.username, str(here.id)):
        assert await storage.users.find_deleted(name) is None


async def chosen(storage: Storage, users: UserFilter) -> list[str]:
    """Usernames, by the page, which must agree with its own count and with the stream."""
    page = await storage.users.page(users, a_window("username"))
    streamed = [view.username async for view in storage.users.stream(users)]
    names = [view.username for view in page.rows]
    assert sorted(streamed) == names
    assert page.total == len(names)
    assert not page.has_more
    return names


async def test_filters(storage: Storage) -> None:
    await storage.add(editors := a_role())
    await storage.add(
        a_user(
            username="ann",
            email="ann@one.example",
            full_name="Élodie Lee",
            roles=frozenset({editors.name, MEMBER}),
        ),
        a_user(
            username="bob",
            email="Bob@two.example",
            full_name=None,
            is_active=False,
            created_at=CREATED + HOUR,
        ),
        a_user(username="gone", deleted_at=LATER),
    )

    assert await chosen(storage, UserFilter()) == ["ann", "bob"]
    assert await chosen(storage, UserFilter(q="N")) == ["ann"]
    assert await chosen(storage, UserFilter(q="TWO.EXA")) == ["bob"]
    assert await chosen(storage, UserFilter(q="die le")) == ["ann"]
    assert await chosen(storage, UserFilter(q="")) == ["ann", "bob"]
    assert await chosen(storage, UserFilter(q="gone")) == []
    assert await chosen(storage, UserFilter(is_active=True)) == ["ann"]
    assert await chosen(storage, UserFilter(is_active=False)) == ["bob"]
    assert await chosen(storage, UserFilter(role=editors.name)) == ["ann"]
    assert await chosen(storage, UserFilter(role=MEMBER)) == ["ann", "bob"]
    assert await chosen(storage, UserFilter(role=ADMIN)) == []
    assert await chosen(storage, UserFilter(role=RoleName("unknown"))) == []
    assert await chosen(storage, UserFilter(created_from=CREATED + HOUR)) == ["bob"]
    assert await chosen(storage, UserFilter(created_to=CREATED + HOUR)) == ["ann"]
    everything = UserFilter(
        q="ann",
        is_active=True,
        role=MEMBER,
        created_from=CREATED,
        created_to=CREATED + timedelta(microseconds=1),
    )
    assert await chosen(storage, everything) == ["ann"]


@pytest.mark.parametrize("q", ["élodie", "ÉLODIE", "Élodie lee"])
async def test_search_folds_the_case_of_every_script(storage: Storage, q: str) -> None:
    await storage.add(a_user(username="ann", full_name="Élodie Lee"))

    assert await chosen(storage, UserFilter(q=q)) == ["ann"]


@pytest.mark.parametrize("q", ["100%", "a_b", "back\\slash", "it's", '"', "%_"])
async def test_search_takes_every_character_literally(storage: Storage, q: str) -> None:
    await storage.add(
        a_user(username="odd", full_name='100% a_b back\\slash it\'s "%_"'),
        a_user(username="plain", full_name="1000 aXb backslash its"),
    )

    assert await chosen(storage, UserFilter(q=q)) == ["odd"]


@pytest.mark.parametrize("q", ["\0", "ann\0", "\ud800"])
async def test_what_can_not_be_stored_is_nowhere_found(storage: Storage, q: str) -> None:
    await storage.add(a_user(username="ann"))

    assert await chosen(storage, UserFilter(q=q)) == []


async def test_pages(storage: Storage) -> None:
    users = [
        a_user(
            username=f"user-{number:02}",
            email=f"{'BAab'[number % 4]}{number}@example.com",
            created_at=CREATED + HOUR * (number % 3),
            updated_at=LATER - HOUR * (number % 2),
        )
        for number in range(10)
    ]
    await storage.add(*users, a_user(deleted_at=LATER))

    async def page(window: Window) -> Slice[UserView]:
        return await storage.users.page(UserFilter(), window)

    for sort, key in (
        ("created_at", lambda user: (user.created_at, user.id)),
        ("updated_at,username", lambda user: (user.updated_at, user.username, user.id)),
        ("email", lambda user: (user.email, user.id)),
        ("username", lambda user: (user.username, user.id)),
    ):
        expected = [user.id for user in sorted(users, key=key)]
        for limit in (1, 3, 5, 10, 11):
            walked = await walk(page, sort, limit=limit)
            assert [view.id for rows in walked for view in rows] == expected
            assert all(len(rows) == limit for rows in walked[:-1])

    descending = await walk(page, "-created_at", limit=4)
    assert [view.id for rows in descending for view in rows] == [
        user.id for user in sorted(users, key=lambda u: (u.created_at, u.id), reverse=True)
    ]
    skipped = await page(a_window("username", skip=7, limit=2))
    assert [view.username for view in skipped.rows] == ["user-07", "user-08"]
    assert (skipped.has_more, skipped.total) == (True, 10)
    beyond = await page(a_window("username", skip=10, limit=2))
    assert (list(beyond.rows), beyond.has_more, beyond.total) == ([], False, 10)


async def test_a_page_by_key_is_filtered_too(storage: Storage) -> None:
    users = [a_user(is_active=number % 2 == 0) for number in range(6)]
    await storage.add(*users)
    first = await storage.users.get(users[0].id)
    window = a_window("username", after=position_of(first, "username"), with_total=False)

    page = await storage.users.page(UserFilter(is_active=True), window)

    assert [view.id for view in page.rows] == [users[2].id, users[4].id]
    assert page.total is None


async def test_streams_the_oldest_first(storage: Storage) -> None:
    users = [a_user(created_at=CREATED + HOUR * hours) for hours in (2, 1, 2, 3)]
    await storage.add(*users, a_user(deleted_at=LATER))

    streamed = [view async for view in storage.users.stream(UserFilter())]

    assert streamed == [
        UserView.of(user, OF_MEMBERS)
        for user in sorted(users, key=lambda user: (user.created_at, user.id))
    ]


async def test_a_stream_is_as_of_one_moment(storage: Storage) -> None:
    await storage.add(*(a_user() for _ in range(3)))

    count = 0
    async for _ in storage.users.stream(UserFilter()):
        await storage.add(a_user(created_at=LATER))
        count += 1

    assert count == 3
