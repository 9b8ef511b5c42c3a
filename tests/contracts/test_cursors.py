"""Positions as opaque text."""

from datetime import UTC, datetime

import pytest

from adapters.memory.security import PlainCursors
from adapters.security.cursors import SignedCursors
from application.paging import Cursors, Position, SortKey
from domain.errors import Invalid
from domain.jobs import JobState
from tests.builders import new_id


@pytest.fixture(params=["memory", "signed"])
def cursors(request: pytest.FixtureRequest) -> Cursors:
    if request.param == "memory":
        return PlainCursors()
    return SignedCursors(b"a secret of the tests, long enough")


POSITIONS = [
    Position(sort=(SortKey("created_at"),), values=(datetime(2026, 1, 2, tzinfo=UTC), new_id())),
    Position(
        sort=(SortKey("updated_at", descending=True), SortKey("title")),
        values=(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), 'Ünï "💡"\\\n', new_id()),
    ),
    Position(sort=(SortKey("name"),), values=("", "")),
    Position(sort=(SortKey("title"),), values=("x" * 255, new_id())),
    Position(sort=(SortKey("title"),), values=("💡" * 255, new_id())),
]


@pytest.mark.parametrize("position", POSITIONS, ids=range(len(POSITIONS)))
def test_a_position_comes_back_as_it_was(cursors: Cursors, position: Position) -> None:
    decoded = cursors.decode("lamps", cursors.encode("lamps", position))

    assert decoded == position
    for value, kept in zip(position.values, decoded.values, strict=True):
        assert isinstance(kept, type(value))


def test_a_state_comes_back_as_its_text(cursors: Cursors) -> None:
    position = Position(sort=(SortKey("state"),), values=(JobState.FINISHED, new_id()))

    assert cursors.decode("lamps", cursors.encode("lamps", position)).values[0] == "finished"


def test_a_cursor_fits_into_a_url(cursors: Cursors) -> None:
    for position in POSITIONS:
        cursor = cursors.encode("lamps", position)
        assert cursor.isascii()
        assert cursor.replace("-", "").replace("_", "").isalnum()
        assert len(cursor) < 4096


def refused(cursors: Cursors, listing: str, cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        cursors.decode(listing, cursor)
    [error] = refusal.value.errors
    assert (error.field, error.code) == ("cursor", "invalid_cursor")


def test_a_cursor_is_of_no_use_for_another_list(cursors: Cursors) -> None:
    cursor = cursors.encode("lamps", POSITIONS[0])

    refused(cursors, "users", cursor)
    refused(cursors, "", cursor)


def test_not_a_character_may_change(cursors: Cursors) -> None:
    cursor = cursors.encode("lamps", POSITIONS[1])

    for index, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        refused(cursors, "lamps", cursor[:index] + other + cursor[index + 1 :])
    for altered in (cursor[:-1], f"{cursor}A", f" {cursor}", f"{cursor}=", f"{cursor}\n"):
        refused(cursors, "lamps", altered)


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "lamps", "\0", "\ud800", "é", "====", "x" * 100_000, "W10", "bnVsbA"],
    ids=range(11),
)
def test_what_is_no_cursor_is_refused(cursors: Cursors, text: str) -> None:
    refused(cursors, "lamps", text)
