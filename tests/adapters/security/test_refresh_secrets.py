"""Refresh tokens: unguessable, and a successor that only the server can work out."""

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.refresh_secrets import HmacRefreshSecrets

SECRET = b"a secret for tests, longer than 32 bytes"
secrets = HmacRefreshSecrets(SECRET)

ANY_TEXT = st.text(st.characters(codec=None))


def test_holds_256_bits_as_base64url() -> None:
    for secret in (secrets.fresh(), secrets.successor("any")):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret.text)


def test_is_stored_as_its_hash() -> None:
    secret = secrets.fresh()
    assert secret.token_hash == secrets.hash(secret.text)
    assert secret.token_hash == hashlib.sha256(secret.text.encode()).digest()


def test_is_never_the_same_twice() -> None:
    assert len({secrets.fresh().text for _ in range(1_000)}) == 1_000


def test_has_one_successor() -> None:
    first = secrets.fresh().text
    assert secrets.successor(first) == secrets.successor(first)
    assert HmacRefreshSecrets(SECRET).successor(first) == secrets.successor(first)


def test_a_long_line_of_successors_never_repeats() -> None:
    text = secrets.fresh().text
    line = {text}
    for _ in range(1_000):
        text = secrets.successor(text).text
        line.add(text)
    assert len(line) == 1_001


def test_another_server_can_not_work_out_the_successor() -> None:
    first = secrets.fresh().text
    assert HmacRefreshSecrets(SECRET + b"!").successor(first) != secrets.successor(first)


def test_the_servers_secret_itself_signs_nothing() -> None:
    plain = hmac.digest(SECRET, b"first", "sha256")
    assert secrets.successor("first").text != base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def test_the_hash_kept_in_the_database_is_not_the_successor() -> None:
    first = secrets.fresh()
    assert secrets.successor(first.text).token_hash != first.token_hash


@pytest.mark.parametrize("junk", ["", "\0", "\ud800", "\udfff\ud800", "é", "😀", "x" * 100_000])
def test_takes_any_junk(junk: str) -> None:
    assert len(secrets.hash(junk)) == 32
    assert len(secrets.successor(junk).token_hash) == 32


def test_takes_no_junk_for_a_question_mark() -> None:
    assert len({secrets.hash(text) for text in ("\ud800", "\udfff", "?", "\ufffd")}) == 4


@given(ANY_TEXT, ANY_TEXT)
def test_no_two_texts_are_taken_for_each_other(one: str, other: str) -> None:
    assert (secrets.hash(one) == secrets.hash(other)) is (one == other)
    assert (secrets.successor(one) == secrets.successor(other)) is (one == other)


def test_shows_no_secret() -> None:
    secret = secrets.fresh()
    shown = repr(secrets) + repr(secret)
    assert secret.text not in shown
    assert "secret for tests" not in shown
    assert r"\x" not in shown
