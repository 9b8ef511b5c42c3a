"""Fields of rows, typed and untyped."""

import pytest

from application.rows import BadRow, ImportResult, Row
from domain.access import RoleNotFound
from domain.errors import FieldError, Invalid
from domain.text import Json


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (None, False),
        (True, True),
        (False, False),
        ("true", True),
        (" TRUE ", True),
        ("false", False),
    ],
)
def test_flags(value: Json, flag: bool) -> None:
    assert Row(2, {"f": value}).flag("f", default=False) is flag
    assert Row(2, {}).flag("f", default=True) is True


@pytest.mark.parametrize("value", ["", "yes", "1", 0, 1.0, [], {}])
def test_anything_else_is_no_flag(value: Json) -> None:
    with pytest.raises(Invalid):
        Row(2, {"f": value}).flag("f", default=True)


@pytest.mark.parametrize(
    ("value", "names"),
    [(None, None), ("", []), ("a", ["a"]), (" a  b\n", ["a", "b"]), ([], []), (["a b"], ["a b"])],
)
def test_names(value: Json, names: list[str] | None) -> None:
    assert Row(2, {"f": value}).names("f") == names


@pytest.mark.parametrize("value", [1, True, {}, [1], ["a", None]])
def test_anything_else_is_no_list_of_names(value: Json) -> None:
    with pytest.raises(Invalid):
        Row(2, {"f": value}).names("f")


def test_text_is_there_or_not() -> None:
    row = Row(2, {"there": "", "null": None})

    assert row.text("there") == ""
    assert row.optional_text("null") is None
    assert row.optional_text("absent") is None
    for field in ("null", "absent"):
        with pytest.raises(Invalid) as refusal:
            row.text(field)
        assert refusal.value.errors[0].code == "missing"


def test_json_objects_come_as_such_or_as_text() -> None:
    assert Row(2, {}).json_object("f") == {}
    assert Row(2, {"f": {"a": [1]}}).json_object("f") == {"a": [1]}
    assert Row(2, {"f": ' {"a": [1]} '}).json_object("f") == {"a": [1]}


def test_only_known_fields_are_allowed() -> None:
    row = Row(2, {"a": 1, "b": 2})

    row.allow(frozenset({"a", "b", "c"}))
    with pytest.raises(Invalid) as refusal:
        row.allow(frozenset({"a"}))
    assert refusal.value.errors[0].field == "b"


def test_a_bad_row_says_why() -> None:
    named = Invalid.field("title", "too_short", "must have at least 1 characters")

    assert BadRow.of(3, named) == BadRow(3, named.errors[0])
    assert BadRow.of(3, RoleNotFound()) == BadRow(
        3, FieldError("", "role_not_found", "No such role.")
    )
    assert BadRow.of(3, Invalid("No.")).error == FieldError("", "validation_error", "No.")


def test_an_import_with_a_bad_row_imported_nothing() -> None:
    assert ImportResult(good=7, rejected=0).imported == 7
    assert ImportResult(good=7, rejected=1).imported == 0


def test_a_json_object_with_a_key_twice_is_refused() -> None:
    row = Row(2, {"attributes": '{"colour": "red", "colour": "blue"}'})

    with pytest.raises(Invalid):
        row.json_object("attributes")
