"""Values for the tests of a new feature, as far out as they can be."""

import ast
from itertools import count

import pytest

from domain.text import MAX_INT64, MIN_INT64, Json
from entrypoints.scaffold.examples import another_of, example_of, numbered
from entrypoints.scaffold.feature import Field, is_more
from entrypoints.scaffold.literals import python_literal
from entrypoints.scaffold.parsing import Surroundings, parse_feature
from entrypoints.scaffold.rendering import in_columns


def field(text: str) -> Field:
    return parse_feature("order", [text], Surroundings()).fields[0]


@pytest.mark.parametrize(
    "bounds",
    [
        "amount:int:min={MAX_INT64}",
        "amount:int:max={MIN_INT64}",
        "due:date:min=9999-12-31",
        "due:date:max=0001-01-01",
        "due:date:min=0001-01-01:max=0001-01-01",
        "sent:datetime:max=0001-01-01T00:00:00Z",
        "sent:datetime:min=9999-12-31T23:59:59.999999Z",
    ],
)
def test_has_examples_at_the_ends_of_what_there_is(bounds: str) -> None:
    bounded = field(bounds.format(MAX_INT64=MAX_INT64, MIN_INT64=MIN_INT64))

    for value in (example_of(bounded), another_of(bounded)):
        default = str(value).replace(" ", "T")
        assert field(f"{bounded.spelled}:default={default}").default == value


@pytest.mark.parametrize(
    "text",
    [
        "amount:int:default=12",
        "price:decimal:default=12.50",
        "due:date:default=2026-03-01",
        "due:date:min=0001-01-01:max=2026-01-01:default=0001-01-01",
        "sent:datetime:default=2026-03-01T08:15:00Z",
    ],
)
def test_gives_no_default_as_an_example_and_keeps_the_order(text: str) -> None:
    bounded = field(text)
    assert bounded.default is not None

    assert is_more(example_of(bounded), bounded.default)
    assert is_more(another_of(bounded), example_of(bounded))


def test_has_another_object_where_the_first_is_the_default() -> None:
    extras = field('extras:json:default={"colour": "green", "sizes": [1, 2.5]}')

    assert extras.default not in (example_of(extras), another_of(extras))


@pytest.mark.parametrize("text", ["home:url:unique:min=200:max=400", "mail:email:unique:min=200"])
def test_numbers_what_is_long_in_pieces(text: str) -> None:
    written = numbered(field(text))

    pieces = written.removeprefix("(").removesuffix(")").split()
    assert max(map(len, pieces)) < 70
    numbers = {"next": next, "numbers": count(1)}
    assert len({eval(written, numbers) for _ in range(3)}) == 3  # noqa: S307 - our own code


def test_writes_what_is_long_in_json_in_pieces() -> None:
    value: dict[str, Json] = {"note": "x" * 200, "more": [{"note": "y" * 200}]}

    written = python_literal(value)

    assert ast.literal_eval(written) == value
    assert max(map(len, written.split())) < 70


def test_parts_the_columns_of_a_table_by_less_where_there_is_no_room() -> None:
    assert in_columns([["a", "b"], ["cc", "d"]]) == "a   b\ncc  d"
    assert in_columns([["a", "b"], ["cc", "d"]], 4) == "a  b\ncc d"
