"""What stands between the right password and the code."""

from datetime import UTC, datetime

import attrs
import pytest

from adapters.memory.security import PlainMfaTokens
from adapters.security.mfa_tokens import HmacMfaTokens
from application.auth.ports import MfaTokens
from domain.access import SessionId
from domain.totp import PendingSignIn
from tests.builders import a_user, new_id


@pytest.fixture(params=["memory", "hmac"])
def tokens(request: pytest.FixtureRequest) -> MfaTokens:
    if request.param == "memory":
        return PlainMfaTokens()
    return HmacMfaTokens(b"a secret of the tests, long enough")


def a_pending_sign_in(tokens: MfaTokens) -> PendingSignIn:
    return PendingSignIn(
        session_id=SessionId(new_id()),
        user_id=a_user().id,
        password_mark=tokens.mark("a hash"),
        expires_at=datetime(2026, 3, 14, 12, 5, tzinfo=UTC),
    )


def test_reads_what_it_issued(tokens: MfaTokens) -> None:
    pending = [a_pending_sign_in(tokens) for _ in range(3)]

    texts = [tokens.issue(each) for each in pending]

    assert [tokens.read(text) for text in texts] == pending


@pytest.mark.parametrize(
    "text", ["", "junk", "a.b.c", "A" * 120, "A" * 121, "\ud800", "é" * 120, "x" * 100_000]
)
def test_reads_nothing_else(tokens: MfaTokens, text: str) -> None:
    assert tokens.read(text) is None


def test_a_mark_tells_passwords_apart(tokens: MfaTokens) -> None:
    marks = {tokens.mark(each) for each in (None, "a hash", "another hash")}

    assert len(marks) == 3
    assert tokens.mark("a hash") in marks


def test_a_pending_sign_in_shows_no_mark(tokens: MfaTokens) -> None:
    pending = attrs.evolve(a_pending_sign_in(tokens), password_mark=b"canary")

    assert "canary" not in repr(pending)
