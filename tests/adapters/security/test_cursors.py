"""Cursors: what went in comes out, and nothing else gets in."""

import base64
import hmac
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.cursors import SignedCursors
from adapters.security.keys import derive_key
from application.paging import Position, SortKey
from domain.errors import Invalid
from domain.jobs import JobState

SECRET = b"a secret for tests, longer than 32 bytes"
cursors = SignedCursors(SECRET)

NEWEST_FIRST = (SortKey("created_at", descending=True), SortKey("title"))
HERE = Position(
    sort=NEWEST_FIRST,
    values=(
        datetime(2026, 3, 1, 8, 15, 30, 123456, tzinfo=UTC),
        "Lamp, große",
        UUID("01900000-0000-7000-8000-000000000001"),
    ),
)

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ANY_TEXT = st.text(st.characters(codec=None))
VALUES = st.one_of(
    ANY_TEXT, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.none(), st.uuids(),
    st.datetimes(timezones=st.just(UTC)), st.dates(), st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False),
)  # fmt: skip


def refuses(cursor: str, *, listing: str = "lamps", by: SignedCursors = cursors) -> bool:
    with pytest.raises(Invalid) as refusal:
        by.decode(listing, cursor)
    [error] = refusal.value.errors
    return (error.field, error.code) == ("cursor", "invalid_cursor")


def signed(body: bytes) -> str:
    """As an earlier or later release might have made it, under the same key."""
    tag = hmac.digest(derive_key(SECRET, "cursors/v1"), body, "sha256")[:16]
    return base64.urlsafe_b64encode(tag + body).rstrip(b"=").decode()


def test_gives_back_what_it_was_given() -> None:
    assert cursors.decode("lamps", cursors.encode("lamps", HERE)) == HERE


@given(st.lists(VALUES))
def test_gives_back_any_values_with_their_types(values: list[object]) -> None:
    position = Position(sort=NEWEST_FIRST, values=tuple(values))
    decoded = cursors.decode("lamps", cursors.encode("lamps", position))
    assert decoded == position
    assert [type(value) for value in decoded.values] == [type(value) for value in values]


def test_gives_back_what_is_no_unicode() -> None:
    position = Position(sort=NEWEST_FIRST, values=("\ud800", "\0"))
    assert cursors.decode("lamps", cursors.encode("lamps", position)) == position


def test_keeps_the_moment_of_other_time_zones() -> None:
    moment = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    position = Position(sort=(SortKey("created_at"),), values=(moment,))
    assert cursors.decode("lamps", cursors.encode("lamps", position)).values == (moment,)


def test_takes_a_state_for_its_text() -> None:
    position = Position(sort=(SortKey("state"),), values=(JobState.FINISHED,))
    assert cursors.decode("lamps", cursors.encode("lamps", position)).values == ("finished",)


def test_works_in_every_process_of_the_service() -> None:
    assert SignedCursors(SECRET).decode("lamps", cursors.encode("lamps", HERE)) == HERE


def test_fits_into_a_query_unescaped() -> None:
    assert set(cursors.encode("lamps", HERE)) <= set(BASE64URL)


def test_refuses_the_cursor_of_another_list() -> None:
    assert refuses(cursors.encode("lamps", HERE), listing="users")


def test_refuses_the_cursor_of_another_server() -> None:
    assert refuses(cursors.encode("lamps", HERE), by=SignedCursors(SECRET + b"!"))


def test_refuses_every_change_of_a_character() -> None:
    cursor = cursors.encode("lamps", HERE)
    for place, original in enumerate(cursor):
        for other in BASE64URL:
            if other != original:
                assert refuses(cursor[:place] + other + cursor[place + 1 :])


def test_refuses_every_change_of_a_bit() -> None:
    cursor = cursors.encode("lamps", HERE)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(len(raw)):
        for bit in range(8):
            changed = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            assert refuses(base64.urlsafe_b64encode(changed).rstrip(b"=").decode())


def test_refuses_every_part_of_a_cursor() -> None:
    cursor = cursors.encode("lamps", HERE)
    for place in range(1, len(cursor)):
        assert refuses(cursor[:place])
        assert refuses(cursor[place:])


@pytest.mark.parametrize("addition", ["=", "==", "A", "AAAA", " ", "\n", ".", "\0", "é", "\ud800"])
def test_refuses_additions(addition: str) -> None:
    cursor = cursors.encode("lamps", HERE)
    assert refuses(cursor + addition)
    assert refuses(addition + cursor)


def test_refuses_the_other_alphabet() -> None:
    places = [
        cursor
        for number in range(100)
        if "_" in (cursor := cursors.encode("lamps", Position(sort=(), values=(number,))))
    ]
    assert places
    assert all(refuses(cursor.replace("_", "/")) for cursor in places)


@pytest.mark.parametrize(
    "junk",
    ["", "A", "0", "null", "[]", "-1", "A" * 22, "A" * 1_000_000, "é", "\ud800", "\0", "%00"],
)
def test_refuses_junk(junk: str) -> None:
    assert refuses(junk)


@given(ANY_TEXT | st.text(BASE64URL))
def test_refuses_any_junk(junk: str) -> None:
    assert refuses(junk)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'"lamps"',
        b'["lamps"]',
        b'["lamps",[]]',
        b'["lamps",[],[],[]]',
        b'["lamps",{},[]]',
        b'["lamps",[],{}]',
        b'[1,["title"],["x"]]',
        b'["lamps",["title"],[[]]]',
        b'["lamps",["title"],[{}]]',
        b'["lamps",["title"],[{"at":1}]]',
        b'["lamps",["title"],[{"at":"yesterday"}]]',
        b'["lamps",["title"],[{"id":"x"}]]',
        b'["lamps",["title"],[{"id":null}]]',
        b'["lamps",[1],["x"]]',
        b'["lamps",["title"],["\xff"]]',
    ],
)
def test_refuses_what_it_signed_but_can_not_read(body: bytes) -> None:
    assert refuses(signed(body))


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(Invalid) as refusal:
        cursors.decode("lamps", "attack")
    assert "attack" not in str(refusal.value)


@pytest.mark.parametrize("value", [1j, b"bytes", object(), ["list"]])
def test_only_what_lists_are_sorted_by_can_be_held(value: object) -> None:
    with pytest.raises(TypeError, match="a cursor can't hold"):
        cursors.encode("lamps", Position(sort=(), values=(value,)))


def test_shows_no_secret() -> None:
    assert repr(cursors) == "SignedCursors()"
