"""Bringing in accounts from a file."""

from collections.abc import Mapping

import pytest

from application.rows import ROWS_AT_ONCE, BadRow, ImportResult
from application.users.import_users import ImportUsers, ImportUsersHandler
from domain.access import (
    ADMIN,
    ANONYMOUS,
    MEMBER,
    SYSTEM,
    Actor,
    NotAuthenticated,
    Permission,
    PermissionDenied,
)
from domain.errors import FieldError
from domain.text import Json
from domain.users import User
from tests.application.rows import rows_of
from tests.application.service import Service
from tests.builders import LATER, a_role, a_user, an_actor

Rejected = list[tuple[int, str, str]]


async def import_users(
    service: Service, *rows: Mapping[str, Json] | BadRow, actor: Actor = SYSTEM
) -> tuple[ImportResult, Rejected]:
    """The result, and the line, field and code of each bad row."""
    bad: list[BadRow] = []
    command = ImportUsers(rows=rows_of(*rows), report=bad.append)
    result = await service[ImportUsersHandler](command, actor)
    return result, [(row.line, row.error.field, row.error.code) for row in bad]


def stored(service: Service) -> list[User]:
    return sorted(service.stored.users.scan(), key=lambda user: user.email_key)


async def test_rows_become_accounts(service: Service) -> None:
    await service.add(editors := a_role())

    result, rejected = await import_users(
        service,
        {
            "email": "Ann@Example.com",
            "username": "Anneliese",
            "full_name": "Ann Lee",
            "is_active": "False",
            "roles": f"member {editors.name}",
            "password_hash": "plain:correct horse",
        },
        {"email": "bob@example.com"},
    )

    assert (result.imported, result.rejected, rejected) == (2, 0, [])
    ann, bob = stored(service)
    assert ann.email == "Ann@Example.com"
    assert ann.username == "anneliese"
    assert ann.full_name == "Ann Lee"
    assert ann.password_hash == "plain:correct horse"
    assert ann.roles == {MEMBER, editors.name}
    assert not ann.is_active
    assert not ann.is_superuser
    assert not ann.email_verified
    assert ann.created_at == ann.updated_at == service.clock.now()
    assert (bob.username, bob.full_name, bob.password_hash) == ("bob", None, None)
    assert bob.roles == {MEMBER}
    assert bob.is_active


async def test_typed_rows_are_as_good_as_text(service: Service) -> None:
    await import_users(
        service,
        {"email": "ann@example.com", "is_active": False, "roles": [], "full_name": None},
        {"email": "bob@example.com", "is_active": True, "roles": ["admin"], "username": None},
    )

    ann, bob = stored(service)
    assert (ann.is_active, ann.roles) == (False, frozenset())
    assert (bob.is_active, bob.roles, bob.username) == (True, frozenset({ADMIN}), "bob")


async def test_an_empty_file_is_fine(service: Service) -> None:
    result, rejected = await import_users(service)

    assert (result.imported, result.rejected, rejected) == (0, 0, [])


async def test_one_bad_row_keeps_all_out(service: Service) -> None:
    result, rejected = await import_users(
        service, {"email": "ann@example.com"}, {"email": "nobody"}, {"email": "bob@example.com"}
    )

    assert (result.imported, result.rejected) == (0, 1)
    assert rejected == [(3, "email", "invalid_email")]
    assert stored(service) == []


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ({}, "email", "missing"),
        ({"email": None}, "email", "missing"),
        ({"email": 7}, "email", "wrong_type"),
        ({"email": "nobody"}, "email", "invalid_email"),
        ({"email": "a@b.co", "username": "a b"}, "username", "invalid_username"),
        ({"email": "a@b.co", "full_name": "a\0"}, "full_name", "forbidden_character"),
        ({"email": "a@b.co", "is_active": "maybe"}, "is_active", "wrong_type"),
        ({"email": "a@b.co", "is_active": 1}, "is_active", "wrong_type"),
        ({"email": "a@b.co", "roles": "unknown"}, "", "role_not_found"),
        ({"email": "a@b.co", "roles": [1]}, "roles", "wrong_type"),
        ({"email": "a@b.co", "password_hash": "5f4dcc3b"}, "password_hash", "invalid_hash"),
        ({"email": "a@b.co", "is_superuser": True}, "is_superuser", "unknown_field"),
        ({"email": "a@b.co", "password": "correct horse"}, "password", "unknown_field"),
    ],
)
async def test_a_bad_row_is_named(
    service: Service, row: Mapping[str, Json], field: str, code: str
) -> None:
    result, rejected = await import_users(service, row)

    assert (result.imported, result.rejected) == (0, 1)
    assert rejected == [(2, field, code)]


async def test_rows_that_could_not_be_read_count_as_bad(service: Service) -> None:
    unreadable = BadRow(7, FieldError("", "malformed", "is no row"))

    result, rejected = await import_users(service, {"email": "ann@example.com"}, unreadable)

    assert (result.imported, result.rejected) == (0, 1)
    assert rejected == [(7, "", "malformed")]


async def test_every_bad_row_is_reported(service: Service) -> None:
    _, rejected = await import_users(
        service, {"email": "x"}, {"email": "ann@example.com"}, {"email": "y"}, {}
    )

    assert [line for line, _, _ in rejected] == [2, 4, 5]


async def test_rows_that_clash_with_what_is_stored_are_named(service: Service) -> None:
    await service.add(
        a_user(email="ann@example.com", username="ann"),
        a_user(email="gone@example.com", username="gone", deleted_at=LATER),
    )

    _, rejected = await import_users(
        service,
        {"email": "ANN@example.com", "username": "other"},
        {"email": "bob@example.com", "username": "ann"},
        {"email": "carl@example.com", "username": "gone"},
        {"email": "gone@example.com"},
        {"email": "dora@example.com"},
    )

    assert rejected == [
        (2, "", "email_taken"),
        (3, "", "username_taken"),
        (4, "", "username_taken"),
        (5, "", "email_taken"),
    ]
    assert len(stored(service)) == 2


async def test_rows_that_clash_with_each_other_are_named(service: Service) -> None:
    _, rejected = await import_users(
        service,
        {"email": "ann@example.com", "username": "ann"},
        {"email": "Ann@Example.com", "username": "anneliese"},
        {"email": "bob@example.com", "username": "ANN"},
    )

    assert rejected == [(3, "", "email_taken"), (4, "", "username_taken")]
    assert stored(service) == []


async def test_made_usernames_give_way(service: Service) -> None:
    await service.add(a_user(username="ann"))

    result, rejected = await import_users(
        service,
        {"email": "ann@example.com"},
        {"email": "bob@example.com"},
        {"email": "bob@example.org"},
        {"email": "carl@example.com"},
        {"email": "carla@example.com", "username": "carl"},
    )

    assert (result.imported, rejected) == (5, [])
    names = {user.email: user.username for user in stored(service)}
    assert names["bob@example.com"] == "bob"
    assert names["bob@example.org"].startswith("bob-")
    assert names["ann@example.com"].startswith("ann-")
    assert names["carl@example.com"].startswith("carl-")
    assert names["carla@example.com"] == "carl"


async def test_long_files_are_stored_in_parts_yet_as_one(service: Service) -> None:
    many = [{"email": f"user{n}@example.com"} for n in range(ROWS_AT_ONCE + 1)]

    refused, rejected = await import_users(service, *many, {"email": "user0@example.com"})
    assert (refused.imported, refused.rejected) == (0, 1)
    assert rejected == [(ROWS_AT_ONCE + 3, "", "email_taken")]
    assert stored(service) == []

    result, _ = await import_users(service, *many)
    assert result.imported == ROWS_AT_ONCE + 1
    assert len(stored(service)) == ROWS_AT_ONCE + 1


async def test_importing_takes_the_permission(service: Service) -> None:
    with pytest.raises(PermissionDenied):
        await import_users(service, {"email": "a@b.co"}, actor=an_actor(Permission.USERS_UPDATE))
    with pytest.raises(NotAuthenticated):
        await import_users(service, {"email": "a@b.co"}, actor=ANONYMOUS)


async def test_nobody_imports_rights_that_they_lack(service: Service) -> None:
    actor = an_actor(Permission.USERS_CREATE)

    _, rejected = await import_users(
        service,
        {"email": "ann@example.com"},
        {"email": "bob@example.com", "roles": "admin"},
        {"email": "carl@example.com", "roles": "admin member"},
        actor=actor,
    )

    assert rejected == [(3, "", "permission_denied"), (4, "", "permission_denied")]
    result, _ = await import_users(service, {"email": "ann@example.com"}, actor=actor)
    assert result.imported == 1


async def test_an_imported_account_signs_in_with_its_old_password(service: Service) -> None:
    await import_users(
        service, {"email": "ann@example.com", "password_hash": "outdated:correct horse"}
    )
    [ann] = stored(service)

    await service.sign_in(ann)

    assert service.user(ann).password_hash == "plain:correct horse"
