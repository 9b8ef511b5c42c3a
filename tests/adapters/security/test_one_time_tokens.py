"""The texts of one-time tokens: nobody makes one without the server's secret."""

import base64
import hmac
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.one_time_tokens import HmacOneTimeTokenSecrets
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose

SECRET = b"a secret for tests, longer than 32 bytes"
secrets = HmacOneTimeTokenSecrets(SECRET)

RESET = TokenPurpose.RESET_PASSWORD
TOKEN_ID = OneTimeTokenId(UUID("0195d3a2-6f00-7000-8000-000000000001"))


def test_fits_into_the_fragment_of_a_link() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{64}", secrets.text_of(RESET, TOKEN_ID))


def test_another_server_neither_reads_nor_writes_it() -> None:
    other = HmacOneTimeTokenSecrets(SECRET + b"!")

    assert other.text_of(RESET, TOKEN_ID) != secrets.text_of(RESET, TOKEN_ID)
    assert other.read(secrets.text_of(RESET, TOKEN_ID), RESET) is None


def test_what_an_older_secret_wrote_is_still_read() -> None:
    newer = HmacOneTimeTokenSecrets(SECRET + b"!", older_secrets=[SECRET])

    assert newer.read(secrets.text_of(RESET, TOKEN_ID), RESET) == TOKEN_ID
    assert newer.read(newer.text_of(RESET, TOKEN_ID), RESET) == TOKEN_ID
    assert secrets.read(newer.text_of(RESET, TOKEN_ID), RESET) is None


def test_the_servers_secret_itself_signs_nothing() -> None:
    plain = hmac.digest(SECRET, TOKEN_ID.bytes + RESET.encode(), "sha256")
    forged = base64.urlsafe_b64encode(TOKEN_ID.bytes + plain).decode()

    assert secrets.read(forged, RESET) is None


@pytest.mark.parametrize("position", range(64))
def test_no_character_of_it_can_be_another(position: int) -> None:
    text = secrets.text_of(RESET, TOKEN_ID)
    other = "A" if text[position] != "A" else "B"

    assert secrets.read(text[:position] + other + text[position + 1 :], RESET) is None


@given(st.binary(min_size=48, max_size=48))
def test_nothing_made_up_is_one(made_up: bytes) -> None:
    assert secrets.read(base64.urlsafe_b64encode(made_up).decode(), RESET) is None


def test_shows_no_secret() -> None:
    assert "secret for tests" not in repr(secrets)
    assert r"\x" not in repr(secrets)
