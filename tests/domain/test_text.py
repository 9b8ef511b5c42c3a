"""What strings and JSON values may hold."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.text import (
    MAX_INT64,
    MAX_JSON_DEPTH,
    MIN_INT64,
    Json,
    clean_json_object,
    clean_line,
    clean_text,
    forbidden_character,
)

LARGE = 1_000_000


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a\0", "a control character (U+0000)"),
        ("a\x1b", "a control character (U+001B)"),
        ("\x7f", "a control character (U+007F)"),
        ("é\x85", "a control character (U+0085)"),
        ("\n", "a control character (U+000A)"),
        ("\ud800", "a lone surrogate (U+D800)"),
        ("a\udfff\0", "a lone surrogate (U+DFFF)"),
    ],
)
def test_forbidden_characters_are_named(text: str, name: str) -> None:
    assert forbidden_character(text) == name


@pytest.mark.parametrize("text", ["", "plain", "Ünïcödé", "💡", "\u00a0", "\u200d", "\ufffd"])
def test_other_characters_are_welcome(text: str) -> None:
    assert forbidden_character(text) is None


def test_line_breaks_and_tabs_belong_into_long_text() -> None:
    assert clean_text("note", "a\n\tb\r\n", longest=10) == "a\n\tb\r\n"
    with pytest.raises(Invalid):
        clean_line("note", "a\n\tb", longest=10)


@pytest.mark.parametrize(("text", "code"), [("a", "too_short"), ("abcde", "too_long")])
def test_a_line_has_its_length(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_line("note", text, shortest=2, longest=4)

    assert refusal.value.errors[0].field == "note"
    assert refusal.value.errors[0].code == code


@given(st.text())
def test_what_is_accepted_can_be_stored(text: str) -> None:
    if forbidden_character(text, multiline=True) is None:
        assert "\0" not in text
        text.encode()


@given(st.text())
def test_a_clean_line_is_clean(text: str) -> None:
    try:
        line = clean_line("note", text, longest=50)
    except Invalid:
        return
    assert clean_line("note", line, longest=50) == line


def nested_objects(levels: int) -> dict[str, Json]:
    value: dict[str, Json] = {}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


def nested_lists(levels: int) -> dict[str, Json]:
    value: Json = []
    for _ in range(levels - 2):
        value = [value]
    return {"in": value}


NESTINGS = [nested_objects, nested_lists]


@pytest.mark.parametrize("nested", NESTINGS)
def test_json_nests_to_its_depth(nested: Callable[[int], dict[str, Json]]) -> None:
    deepest = nested(MAX_JSON_DEPTH)

    assert clean_json_object("attributes", deepest, largest=LARGE) == deepest


@pytest.mark.parametrize("nested", NESTINGS)
@pytest.mark.parametrize("levels", [MAX_JSON_DEPTH + 1, 50_000])
def test_json_nests_no_deeper(nested: Callable[[int], dict[str, Json]], levels: int) -> None:
    assert refused(nested(levels)) == "too_deep"


def refused(value: dict[str, Json]) -> str:
    with pytest.raises(Invalid) as refusal:
        clean_json_object("attributes", value, largest=LARGE)
    assert refusal.value.errors[0].field == "attributes"
    return refusal.value.errors[0].code


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"": ""},
        {"a": None, "b": True, "c": [False, 0, -1.5, "x", {}, []]},
        {"largest": MAX_INT64, "smallest": MIN_INT64, "float": 1.7976931348623157e308},
        {"text": "lines\n\tand tabs", "Ünï": "💡"},
    ],
)
def test_json_values_are_kept(value: dict[str, Json]) -> None:
    assert clean_json_object("attributes", value, largest=LARGE) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (MAX_INT64 + 1, "out_of_range"),
        (MIN_INT64 - 1, "out_of_range"),
        (10**400, "out_of_range"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        (float("-inf"), "not_finite"),
        ("a\0", "forbidden_character"),
        ("\ud800", "forbidden_character"),
        ("\x1b", "forbidden_character"),
    ],
)
def test_json_values_that_can_not_be_stored_are_refused_anywhere(value: Json, code: str) -> None:
    assert refused({"a": value}) == code
    assert refused({"a": [1, {"b": [value]}]}) == code


@pytest.mark.parametrize("key", ["\0", "a\ud800", "\x07"])
def test_keys_are_text_like_any_other(key: str) -> None:
    assert refused({key: 1}) == "forbidden_character"
    assert refused({"a": [{key: 1}]}) == "forbidden_character"


def test_size_is_that_of_compact_utf_8() -> None:
    value: dict[str, Json] = {"a": ["é", 1]}
    size = len('{"a":["é",1]}'.encode())

    assert clean_json_object("attributes", value, largest=size) == value
    with pytest.raises(Invalid) as refusal:
        clean_json_object("attributes", value, largest=size - 1)
    assert refusal.value.errors[0].code == "too_long"


def test_the_caller_keeps_no_hold_of_the_object() -> None:
    value: dict[str, Json] = {"a": 1}
    cleaned = clean_json_object("attributes", value, largest=LARGE)

    value["a"] = float("nan")

    assert cleaned == {"a": 1}
