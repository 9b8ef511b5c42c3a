"""Items and their rules."""

from datetime import timedelta

import attrs
import pytest

from domain.access import UserId
from domain.errors import Invalid
from domain.items import (
    MAX_ATTRIBUTES_BYTES,
    MAX_DESCRIPTION_LENGTH,
    MAX_TITLE_LENGTH,
    Item,
    ItemId,
    ItemStatus,
)
from tests.builders import CREATED, LATER, new_id
from tests.builders.items import an_item


def test_a_new_item_is_an_empty_draft() -> None:
    item = Item(
        id=ItemId(new_id()),
        owner_id=UserId(new_id()),
        title="Lamp",
        created_at=CREATED,
        updated_at=CREATED,
    )

    assert item.status is ItemStatus.DRAFT
    assert item.description is None
    assert item.attributes == {}
    assert item.deleted_at is None
    assert item.version == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Lamp", "Lamp"),
        ("  Lamp \t\n", "Lamp"),
        ("x" * MAX_TITLE_LENGTH, "x" * MAX_TITLE_LENGTH),
        (" " * 300 + "x", "x"),
        ("照明 💡", "照明 💡"),
        ("👩‍🚀", "👩‍🚀"),
    ],
)
def test_a_title_is_one_line_without_surrounding_space(given: str, kept: str) -> None:
    assert an_item(title=given).title == kept


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("", "too_short"),
        (" \t ", "too_short"),
        ("x" * (MAX_TITLE_LENGTH + 1), "too_long"),
        ("a\nb", "forbidden_character"),
        ("a\tb", "forbidden_character"),
        ("a\0b", "forbidden_character"),
        ("a\x1b[31mb", "forbidden_character"),
        ("a\x7fb", "forbidden_character"),
        ("a\x9fb", "forbidden_character"),
        ("a\ud83db", "forbidden_character"),
    ],
)
def test_other_titles_are_refused(title: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        an_item(title=title)

    assert refusal.value.errors[0].field == "title"
    assert refusal.value.errors[0].code == code


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(Invalid) as refusal:
        an_item(title="secret\0")

    assert "secret" not in refusal.value.detail


@pytest.mark.parametrize("description", [None, "", " indented\r\n\tlines ", "x" * 10_000])
def test_a_description_is_kept_as_it_is(description: str | None) -> None:
    assert an_item(description=description).description == description


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("x" * (MAX_DESCRIPTION_LENGTH + 1), "too_long"),
        ("a\0b", "forbidden_character"),
        ("a\x08b", "forbidden_character"),
        ("a\udfffb", "forbidden_character"),
    ],
)
def test_other_descriptions_are_refused(description: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        an_item(description=description)

    assert refusal.value.errors[0].field == "description"
    assert refusal.value.errors[0].code == code


def test_attributes_are_bounded_in_bytes() -> None:
    overhead = len('{"a":""}')
    fits = {"a": "é" * ((MAX_ATTRIBUTES_BYTES - overhead) // 2)}

    assert an_item(attributes={**fits}).attributes == fits
    with pytest.raises(Invalid) as refusal:
        an_item(attributes={"a": fits["a"] + "é"})
    assert refusal.value.errors[0].field == "attributes"
    assert refusal.value.errors[0].code == "too_long"


def test_a_rule_also_holds_for_assignment() -> None:
    item = an_item()

    with pytest.raises(Invalid):
        item.title = ""
    with pytest.raises(Invalid):
        item.attributes = {"a": float("nan")}


def test_every_change_notes_when() -> None:
    item = an_item(status=ItemStatus.DRAFT)
    seconds = [LATER + timedelta(seconds=second) for second in range(4)]

    item.change(title=" Desk ", at=seconds[0])
    assert (item.title, item.updated_at) == ("Desk", seconds[0])
    item.change(description=None, at=seconds[1])
    assert (item.description, item.updated_at) == (None, seconds[1])
    item.change(status=ItemStatus.ARCHIVED, at=seconds[2])
    assert (item.status, item.updated_at) == (ItemStatus.ARCHIVED, seconds[2])
    item.change(attributes={"a": 1}, at=seconds[3])
    assert (item.attributes, item.updated_at) == ({"a": 1}, seconds[3])
    assert item.created_at == CREATED


def test_deleting_is_undone_by_restoring() -> None:
    item = an_item()

    item.delete(at=LATER)
    assert (item.deleted_at, item.updated_at) == (LATER, LATER)
    item.restore(at=LATER + timedelta(days=1))
    assert (item.deleted_at, item.updated_at) == (None, LATER + timedelta(days=1))


@pytest.mark.parametrize("field", ["id", "owner_id", "created_at"])
def test_an_item_keeps_its_identity(field: str) -> None:
    item = an_item()

    with pytest.raises(attrs.exceptions.FrozenAttributeError):
        setattr(item, field, getattr(an_item(created_at=LATER), field))
