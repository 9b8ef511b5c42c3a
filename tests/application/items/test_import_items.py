"""Bringing in items from a file."""

from collections.abc import Mapping

import pytest

from application.items.import_items import ImportItems, ImportItemsHandler
from application.rows import ROWS_AT_ONCE, BadRow, ImportResult
from domain.access import (
    ANONYMOUS,
    Actor,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    UserId,
)
from domain.errors import FieldError
from domain.items import ItemStatus
from domain.text import Json
from domain.users import UserNotFound
from tests.application.rows import rows_of
from tests.application.service import Service
from tests.builders import a_user, an_actor


@pytest.fixture
async def owner(service: Service) -> Actor:
    await service.add(ann := a_user())
    return an_actor(Permission.ITEMS_CREATE, user_id=ann.id)


async def import_items(
    service: Service,
    actor: Actor,
    *rows: Mapping[str, Json] | BadRow,
    owner_id: UserId | None = None,
) -> tuple[ImportResult, list[tuple[int, str, str]]]:
    """The result, and the line, field and code of each bad row."""
    bad: list[BadRow] = []
    command = ImportItems(
        rows=rows_of(*rows), report=bad.append, owner_id=owner_id or actor.require_user()
    )
    result = await service[ImportItemsHandler](command, actor)
    return result, [(row.line, row.error.field, row.error.code) for row in bad]


async def test_rows_become_items(service: Service, owner: Actor) -> None:
    result, rejected = await import_items(
        service,
        owner,
        {
            "title": " Lamp ",
            "description": "Warm\nlight",
            "status": "active",
            "attributes": '{"colour": "green"}',
        },
        {"title": "Desk"},
    )

    assert (result.imported, result.rejected, rejected) == (2, 0, [])
    desk, lamp = sorted(service.stored.items.scan(), key=lambda item: item.title)
    assert lamp.owner_id == desk.owner_id == owner.user_id
    assert (lamp.title, lamp.description) == ("Lamp", "Warm\nlight")
    assert lamp.status is ItemStatus.ACTIVE
    assert lamp.attributes == {"colour": "green"}
    assert lamp.created_at == lamp.updated_at == service.clock.now()
    assert (desk.description, desk.status, desk.attributes) == (None, ItemStatus.DRAFT, {})


async def test_typed_rows_are_as_good_as_text(service: Service, owner: Actor) -> None:
    await import_items(
        service, owner, {"title": "Lamp", "description": None, "attributes": {"sizes": [1]}}
    )

    [lamp] = service.stored.items.scan()
    assert lamp.description is None
    assert lamp.attributes == {"sizes": [1]}


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ({}, "title", "missing"),
        ({"title": " "}, "title", "too_short"),
        ({"title": "x" * 256}, "title", "too_long"),
        ({"title": 7}, "title", "wrong_type"),
        ({"title": "a", "description": "\0"}, "description", "forbidden_character"),
        ({"title": "a", "description": ["b"]}, "description", "wrong_type"),
        ({"title": "a", "status": "lost"}, "status", "unknown_status"),
        ({"title": "a", "attributes": "{"}, "attributes", "wrong_type"),
        ({"title": "a", "attributes": "[1]"}, "attributes", "wrong_type"),
        ({"title": "a", "attributes": "[" * 100_000}, "attributes", "wrong_type"),
        ({"title": "a", "attributes": '{"a": NaN}'}, "attributes", "not_finite"),
        ({"title": "a", "attributes": '{"a": 1e999}'}, "attributes", "not_finite"),
        ({"title": "a", "attributes": '{"a": "\\u0000"}'}, "attributes", "forbidden_character"),
        ({"title": "a", "attributes": '{"a": 9223372036854775808}'}, "attributes", "out_of_range"),
        ({"title": "a", "attributes": f'{{"a": {"9" * 5000}}}'}, "attributes", "wrong_type"),
        ({"title": "a", "owner_id": "x"}, "owner_id", "unknown_field"),
    ],
)
async def test_a_bad_row_is_named_and_keeps_all_out(
    service: Service, owner: Actor, row: Mapping[str, Json], field: str, code: str
) -> None:
    result, rejected = await import_items(service, owner, {"title": "Lamp"}, row)

    assert (result.imported, result.rejected) == (0, 1)
    assert rejected == [(3, field, code)]
    assert not list(service.stored.items.scan())


async def test_an_unknown_field_is_named_briefly(service: Service, owner: Actor) -> None:
    _, rejected = await import_items(service, owner, {"x" * 1000: "a"})

    assert rejected == [(2, "x" * 64, "unknown_field")]


async def test_rows_that_could_not_be_read_count_as_bad(service: Service, owner: Actor) -> None:
    unreadable = BadRow(7, FieldError("", "malformed", "is no row"))

    result, rejected = await import_items(service, owner, unreadable, {"title": ""})

    assert (result.imported, result.rejected) == (0, 2)
    assert rejected == [(7, "", "malformed"), (3, "title", "too_short")]


async def test_long_files_are_stored_in_parts_yet_as_one(service: Service, owner: Actor) -> None:
    many = [{"title": f"Lamp {n}"} for n in range(ROWS_AT_ONCE + 1)]

    refused, rejected = await import_items(service, owner, *many, {"title": ""})
    assert (refused.imported, refused.rejected) == (0, 1)
    assert rejected == [(ROWS_AT_ONCE + 3, "title", "too_short")]
    assert not list(service.stored.items.scan())

    result, _ = await import_items(service, owner, *many)
    assert result.imported == len(list(service.stored.items.scan())) == ROWS_AT_ONCE + 1


async def test_importing_takes_the_permission(service: Service, owner: Actor) -> None:
    ann = owner.require_user()
    row = {"title": "Lamp"}

    with pytest.raises(PermissionDenied):
        await import_items(service, an_actor(user_id=ann), row)
    with pytest.raises(NotAuthenticated):
        await import_items(service, ANONYMOUS, row, owner_id=ann)


async def test_importing_for_another_takes_the_right_to_change_everyones(
    service: Service, owner: Actor
) -> None:
    ann = owner.require_user()
    row = {"title": "Lamp"}

    with pytest.raises(PermissionDenied):
        await import_items(service, an_actor(Permission.ITEMS_CREATE), row, owner_id=ann)
    result, _ = await import_items(
        service,
        an_actor(Permission.ITEMS_CREATE, Permission.ITEMS_UPDATE),
        row,
        owner_id=ann,
    )

    assert result.imported == 1
    [lamp] = service.stored.items.scan()
    assert lamp.owner_id == ann


async def test_nobody_owns_nothing(service: Service) -> None:
    with pytest.raises(UserNotFound):
        await import_items(service, an_actor(Permission.ITEMS_CREATE), {"title": "Lamp"})
