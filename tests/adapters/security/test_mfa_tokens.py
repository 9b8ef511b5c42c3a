"""What HMAC adds to the contract."""

from datetime import UTC, datetime

import pytest

from adapters.security.mfa_tokens import HmacMfaTokens
from adapters.security.one_time_tokens import HmacOneTimeTokenSecrets
from domain.access import SessionId
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose
from domain.totp import PendingSignIn
from tests.builders import a_user, new_id

SECRET = b"a secret of the tests, long enough"
TOKENS = HmacMfaTokens(SECRET)
PENDING = PendingSignIn(
    session_id=SessionId(new_id()),
    user_id=a_user().id,
    password_mark=TOKENS.mark("a hash"),
    expires_at=datetime(2026, 3, 14, 12, 5, tzinfo=UTC),
)
TEXT = TOKENS.issue(PENDING)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_any_process_reads_what_another_issued() -> None:
    assert HmacMfaTokens(SECRET).read(TEXT) == PENDING


def test_no_other_secret_makes_one() -> None:
    assert HmacMfaTokens(b"another secret of the tests, enough").read(TEXT) is None


@pytest.mark.parametrize("at", range(len(TEXT)))
def test_every_changed_character_is_noticed(at: int) -> None:
    other = ALPHABET[(ALPHABET.index(TEXT[at]) + 1) % len(ALPHABET)]

    assert TOKENS.read(TEXT[:at] + other + TEXT[at + 1 :]) is None


def test_a_link_of_a_mail_is_none() -> None:
    secrets = HmacOneTimeTokenSecrets(SECRET)
    link = secrets.text_of(TokenPurpose.RESET_PASSWORD, OneTimeTokenId(new_id()))

    assert TOKENS.read(link) is None
    assert secrets.read(TEXT, TokenPurpose.RESET_PASSWORD) is None


def test_shows_nothing_of_its_key() -> None:
    assert "secret" not in repr(TOKENS)
