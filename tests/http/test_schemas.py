"""What bodies and queries take for days, exact numbers, web addresses and JSON."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.text import MAX_INT64
from entrypoints.http.schemas import (
    Body,
    Day,
    Exact,
    Query,
    Shape,
    Url,
    Whole,
    WrittenId,
    WrittenJson,
)


class Sent(Body):
    day: Day = date(2026, 1, 1)
    price: Exact = Decimal("0.00")
    count: Whole = 0
    link: Url = "https://example.com"
    book: WrittenId | None = None


class Asked(Query):
    day: Day | None = None
    price: Exact | None = None
    has: WrittenJson | None = None


class Shown(Shape):
    day: date
    price: Exact


def code_of(kind: type[Body | Query], **fields: object) -> str:
    with pytest.raises(ValidationError) as refusal:
        kind.model_validate(fields)
    [error] = refusal.value.errors()
    return error["type"]


def test_days_are_written_as_iso_8601_has_them() -> None:
    assert Sent.model_validate({"day": "2026-02-28"}).day == date(2026, 2, 28)


@pytest.mark.parametrize(
    "day",
    [
        "2026-02-30", "20260228", "2026-W09-6", "2026-02-28T00:00:00Z", "", 20260228, None,
        "0000-01-01",
    ],
    ids=repr,
)  # fmt: skip
def test_no_other_day_is_one(day: object) -> None:
    assert code_of(Sent, day=day) == "invalid_date"


@pytest.mark.parametrize("price", ["0", "12.50", "-0.0000000001", "9" * 20])
def test_exact_numbers_are_text_and_stay_as_they_are(price: str) -> None:
    read = Sent.model_validate({"price": price}).price

    assert read == Decimal(price)
    assert Shown(day=date(2026, 3, 1), price=read).model_dump() == {
        "day": date(2026, 3, 1),
        "price": price,
    }


@pytest.mark.parametrize(
    "price",
    [
        12.5, 12, "1e3", "NaN", "Infinity", "+1", " 1", "1 ", "1\n", ".5", "5.", "1,5", "",
        "9" * 21, "٣",
    ],
    ids=repr,
)  # fmt: skip
def test_no_other_number_is_exact(price: object) -> None:
    assert code_of(Sent, price=price) == "invalid_decimal"


def test_whole_numbers_fit_into_64_bits() -> None:
    assert Sent.model_validate({"count": MAX_INT64}).count == MAX_INT64
    assert code_of(Sent, count=MAX_INT64 + 1) == "less_than_equal"
    assert code_of(Sent, count=1.5) == "int_type"
    assert code_of(Sent, count=True) == "int_type"


def test_web_addresses_lead_to_a_page() -> None:
    assert Sent.model_validate({"link": "http://a.example/b?c#d"}).link == "http://a.example/b?c#d"
    assert code_of(Sent, link="javascript:alert(1)") == "invalid_url"
    assert code_of(Sent, link="https://a.example/" + "b" * 2000) == "string_too_long"


def test_a_query_takes_them_as_text() -> None:
    asked = Asked.model_validate({"day": "2026-03-01", "price": "1.5", "has": '{"a": [1]}'})

    assert asked == Asked(day="2026-03-01", price="1.5", has='{"a": [1]}')  # type: ignore[arg-type]  # as text
    assert (asked.day, asked.price, asked.has) == (date(2026, 3, 1), Decimal("1.5"), {"a": [1]})


@pytest.mark.parametrize(
    ("json", "code"), [("[1]", "wrong_type"), ('{"a": "\\u0000"}', "invalid_object")]
)
def test_json_in_a_query_is_an_object_that_could_be_stored(json: str, code: str) -> None:
    assert code_of(Asked, has=json) == code


def test_the_document_says_what_they_look_like() -> None:
    properties = TypeAdapter(Sent).json_schema()["properties"]

    assert properties["day"] == {
        "default": "2026-01-01", "format": "date", "title": "Day", "type": "string",
    }  # fmt: skip
    assert properties["price"]["default"] == "0.00"
    assert properties["price"]["format"] == "decimal"
    assert properties["count"]["maximum"] == MAX_INT64
    assert properties["link"]["format"] == "uri"
    assert properties["link"]["maxLength"] == 2000
    shown = TypeAdapter(Shown).json_schema(mode="serialization")["properties"]
    assert shown["price"]["type"] == "string"
