"""What options take for days, moments, exact numbers and JSON."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import typer
from typer.testing import CliRunner

from domain.jobs import JobState
from domain.text import Json
from entrypoints.cli.options import (
    Containing,
    From,
    FromDay,
    FromDecimal,
    FromTime,
    InDays,
    InDecimals,
    InJson,
    InTime,
    Only,
    Plain,
)

app = typer.Typer()


@app.command()
def tell(
    name: Plain[str],
    day: InDays[date],
    at: InTime[datetime | None] = None,
    price: InDecimals[Decimal] = Decimal("0.50"),
    details: InJson[dict[str, Json] | None] = None,
    state: Only[JobState] = None,
    count_from: From[int] = None,
    day_from: FromDay = None,
    at_from: FromTime = None,
    price_from: FromDecimal = None,
    has: Containing = None,
) -> None:
    for value in (name, day, at, price, details, state, count_from, day_from, at_from):
        print(repr(value))
    print(repr(price_from), repr(has))


def told(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, ["--name", "lamp", "--day", "2026-03-01", *arguments])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_what_is_left_out_is_none_or_the_default() -> None:
    assert told() == [
        repr("lamp"), repr(date(2026, 3, 1)), "None", repr(Decimal("0.50")), *["None"] * 5,
        "None None",
    ]  # fmt: skip


def test_each_is_read_as_what_it_is() -> None:
    lines = told(
        "--at", "2026-03-01T08:15:00+00:00", "--price", "12.50", "--details", '{"a": [1]}',
        "--state", "dead", "--count-from", "3", "--day-from", "2026-02-01",
        "--at-from", "2026-02-01", "--price-from", "-1", "--has", '{"b": 1}',
    )  # fmt: skip

    assert lines[2:] == [
        repr(datetime(2026, 3, 1, 8, 15, tzinfo=UTC)),
        repr(Decimal("12.50")),
        repr({"a": [1]}),
        repr(JobState.DEAD),
        "3",
        repr(date(2026, 2, 1)),
        repr(datetime(2026, 2, 1, tzinfo=UTC)),
        f"{Decimal(-1)!r} {{'b': 1}}",
    ]


@pytest.mark.parametrize(
    ("option", "text", "complaint"),
    [
        ("--day", "tomorrow", "must be like 2026-03-01"),
        ("--price", "a lot", "must be like 12.50"),
        ("--details", "[1]", "must be a JSON object"),
        ("--details", "{", "must be a JSON object"),
        ("--at", "noon", "must be like 2026-03-01 or"),
        ("--state", "lost", "waiting"),
    ],
)
def test_what_is_none_is_refused(option: str, text: str, complaint: str) -> None:
    result = CliRunner().invoke(app, ["--name", "lamp", "--day", "2026-03-01", option, text])

    assert result.exit_code == 2
    assert complaint in " ".join(result.output.replace("│", " ").split())
