"""Short-lived signed tokens."""

from datetime import timedelta

import pytest

from adapters.memory.clock import CountingIds, FixedClock
from adapters.memory.security import PlainAccessTokens
from adapters.security.access_tokens import JwtAccessTokens, SigningKeys, TokenKey
from application.auth.ports import AccessTokens
from domain.access import NotAuthenticated, SessionId, UserId
from domain.auth import TokenExpired
from tests.builders import new_id

LIFETIME = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
ANN = UserId(new_id())
SESSION = SessionId(new_id())


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "jwt"])
def tokens(request: pytest.FixtureRequest, clock: FixedClock) -> AccessTokens:
    if request.param == "memory":
        return PlainAccessTokens(clock, LIFETIME)
    return JwtAccessTokens(
        keys=SigningKeys(TokenKey.hs256(b"a key of the tests that is long enough")),
        clock=clock,
        new_id=CountingIds(),
        issuer="https://tessera.example",
        audience="https://tessera.example",
        lifetime=LIFETIME,
    )


def test_a_token_says_whose_it_is(tokens: AccessTokens) -> None:
    token = tokens.issue(ANN, SESSION)

    for _ in range(2):
        claims = tokens.verify(token.text)
        assert (claims.user_id, claims.session_id) == (ANN, SESSION)
        assert claims.expires_at - claims.issued_at == LIFETIME
    assert token.expires_in == 15 * 60
    assert token.text not in repr(token)


def test_no_two_tokens_are_alike(tokens: AccessTokens) -> None:
    texts = {tokens.issue(ANN, SESSION).text for _ in range(100)}

    assert len(texts) == 100
    assert len({tokens.verify(text).token_id for text in texts}) == 100


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_token_expires(tokens: AccessTokens, clock: FixedClock, seen_before: bool) -> None:
    token = tokens.issue(ANN, SESSION)
    clock.advance(LIFETIME - SECOND)
    if seen_before:
        tokens.verify(token.text)

    clock.advance(SECOND)

    for _ in range(2):
        with pytest.raises(TokenExpired):
            tokens.verify(token.text)


@pytest.mark.parametrize("seen_before", [True, False])
def test_not_a_character_may_change(tokens: AccessTokens, seen_before: bool) -> None:
    text = tokens.issue(ANN, SESSION).text
    if seen_before:
        tokens.verify(text)

    for index, character in enumerate(text):
        other = "A" if character != "A" else "B"
        with pytest.raises(NotAuthenticated):
            tokens.verify(text[:index] + other + text[index + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "..", "a.b.c", "\0", "\ud800", "é", "x" * 100_000, "null", "[]", "e30.e30.e30"],
    ids=range(12),
)
def test_what_is_no_token_is_refused(tokens: AccessTokens, text: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.verify(text)


def test_a_token_with_something_around_it_is_refused(tokens: AccessTokens) -> None:
    text = tokens.issue(ANN, SESSION).text

    for altered in (f" {text}", f"{text} ", f"{text}\n", f"{text}=", f"{text}.", text[:-1]):
        with pytest.raises(NotAuthenticated):
            tokens.verify(altered)
