"""How long an access token is good, and how long it is remembered that it is."""

import hashlib
from datetime import UTC, datetime

import pytest

from adapters.memory.clock import FixedClock
from adapters.security.access_tokens import JwtAccessTokens, SigningKeys, TokenKey
from domain.auth import TokenExpired
from tests.adapters.security.forging import (
    ANN,
    ANNS,
    CLAIMS,
    HS256,
    LIFETIME,
    MICROSECOND,
    NOON,
    NOW,
    OTHER_SECRET,
    SESSION,
    SKEW,
    WatchedKeys,
    changed,
    forged,
    refuses,
    tokens_of,
    whose,
)


def test_lives_for_its_lifetime_and_no_longer(tokens: JwtAccessTokens, clock: FixedClock) -> None:
    token = tokens.issue(ANN, SESSION).text
    clock.advance(LIFETIME - MICROSECOND)
    assert whose(tokens_of(clock=clock).verify(token)) == ANNS
    clock.advance(MICROSECOND)
    with pytest.raises(TokenExpired):
        tokens_of(clock=clock).verify(token)


def test_a_remembered_token_expires_as_well(tokens: JwtAccessTokens, clock: FixedClock) -> None:
    token = tokens.issue(ANN, SESSION).text
    clock.advance(LIFETIME - MICROSECOND)
    assert whose(tokens.verify(token)) == whose(tokens.verify(token)) == ANNS
    clock.advance(MICROSECOND)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            tokens.verify(token)


def test_an_expired_token_must_still_be_ours_to_be_called_expired(
    tokens: JwtAccessTokens, clock: FixedClock
) -> None:
    clock.advance(2 * LIFETIME)
    with pytest.raises(TokenExpired):
        tokens.verify(forged())
    assert refuses(tokens, forged(secret=OTHER_SECRET))
    assert refuses(tokens, forged(claims={**CLAIMS, "aud": "another"}))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_is_not_good_before_its_time(claim: str) -> None:
    clock = FixedClock(NOON - SKEW - MICROSECOND)
    token = forged(claims=changed({**CLAIMS, "iat": NOW - 60, "nbf": NOW - 60}, {claim: NOW}))
    assert refuses(tokens_of(clock=clock), token)
    clock.advance(MICROSECOND)
    assert whose(tokens_of(clock=clock).verify(token)) == ANNS


def test_the_system_time_does_not_matter() -> None:
    for year in (1971, 2099):
        tokens = tokens_of(clock=FixedClock(datetime(year, 6, 1, tzinfo=UTC)))
        assert whose(tokens.verify(tokens.issue(ANN, SESSION).text)) == ANNS


def test_checks_a_signature_once() -> None:
    keys = WatchedKeys(HS256)
    tokens = tokens_of(keys)
    token = tokens.issue(ANN, SESSION).text
    assert [whose(tokens.verify(token)) for _ in range(5)] == [ANNS] * 5
    assert len(keys.asked) == 1


def test_remembers_no_refusal() -> None:
    keys = WatchedKeys(HS256)
    tokens = tokens_of(keys)
    bad = forged(secret=OTHER_SECRET)
    assert refuses(tokens, bad)
    assert len(keys.asked) == 2
    assert not tokens._remembered


def test_remembers_so_many_and_forgets_the_oldest_first() -> None:
    keys = WatchedKeys(HS256)
    tokens = tokens_of(keys, remembers=3)
    issued = [tokens.issue(ANN, SESSION).text for _ in range(10)]
    for token in issued:
        tokens.verify(token)
        assert len(tokens._remembered) <= 3
    asked = len(keys.asked)
    for token in issued[-3:]:
        tokens.verify(token)
    assert len(keys.asked) == asked
    assert whose(tokens.verify(issued[0])) == ANNS
    assert len(keys.asked) == asked + 1


def test_forgets_what_has_expired(tokens: JwtAccessTokens, clock: FixedClock) -> None:
    token = tokens.issue(ANN, SESSION).text
    tokens.verify(token)
    clock.advance(LIFETIME)
    with pytest.raises(TokenExpired):
        tokens.verify(token)
    assert not tokens._remembered


def test_keeps_no_token(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(ANN, SESSION).text
    tokens.verify(token)
    assert list(tokens._remembered) == [hashlib.sha256(token.encode()).digest()]


def test_two_verifiers_remember_apart(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(ANN, SESSION).text
    tokens.verify(token)
    assert refuses(tokens_of(SigningKeys(TokenKey.hs256(OTHER_SECRET))), token)


def test_shows_no_secret(tokens: JwtAccessTokens) -> None:
    issued = tokens.issue(ANN, SESSION)
    tokens.verify(issued.text)
    shown = repr(tokens) + repr(issued) + repr(HS256) + repr(tokens.keys)
    assert "secret for tests" not in shown
    assert issued.text not in shown
    assert hashlib.sha256(issued.text.encode()).hexdigest() not in shown
