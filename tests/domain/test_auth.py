"""Sessions and refresh tokens."""

from datetime import timedelta

import attrs
import pytest

from domain.access import MAX_USER_AGENT_LENGTH, Origin, SessionId, UserId
from domain.auth import (
    Session,
    SessionLifetime,
    TokenExpired,
    TokenRevoked,
    device_of,
)
from tests.builders import CREATED, LATER, a_refresh_token, a_session, new_id

LIFETIME = SessionLifetime(absolute=timedelta(days=10), idle=timedelta(days=3))
TICK = timedelta(microseconds=1)


def opened() -> Session:
    origin = Origin(address="203.0.113.9", user_agent="curl/8")
    return Session.open(SessionId(new_id()), UserId(new_id()), origin, LIFETIME, at=CREATED)


def test_a_session_opens_on_its_device() -> None:
    session = opened()

    assert (session.ip, session.user_agent) == ("203.0.113.9", "curl/8")
    assert session.created_at == session.last_used_at == CREATED
    assert session.expires_at == CREATED + timedelta(days=10)
    assert session.revoked_at is None


def test_using_a_session_notes_when() -> None:
    session = opened()

    session.use(at=CREATED + timedelta(days=10) - TICK)

    assert session.last_used_at == CREATED + timedelta(days=10) - TICK
    assert session.expires_at == CREATED + timedelta(days=10)


def test_a_session_ends_however_busy_it_is() -> None:
    session = opened()
    before = attrs.evolve(session)

    with pytest.raises(TokenExpired):
        session.use(at=CREATED + timedelta(days=10))
    assert session == before


def test_a_revoked_session_is_of_no_use() -> None:
    session = opened()
    session.revoke(at=LATER)

    with pytest.raises(TokenRevoked):
        session.use(at=LATER + TICK)


def test_a_session_that_was_revoked_and_then_expired_counts_as_revoked() -> None:
    session = opened()
    session.revoke(at=LATER)

    with pytest.raises(TokenRevoked):
        session.use(at=session.expires_at)


def test_revoking_again_does_not_move_the_end() -> None:
    session = opened()

    session.revoke(at=LATER)
    session.revoke(at=LATER + timedelta(days=1))

    assert session.revoked_at == LATER


def test_a_refresh_token_lives_as_long_as_a_session_may_idle() -> None:
    session = opened()

    token = session.next_refresh_token(b"hash", LIFETIME, at=CREATED + timedelta(days=1))

    assert token.token_hash == b"hash"
    assert token.session_id == session.id
    assert token.created_at == CREATED + timedelta(days=1)
    assert token.expires_at == CREATED + timedelta(days=4)
    assert token.spent_at is None


def test_a_refresh_token_never_outlives_its_session() -> None:
    session = opened()

    token = session.next_refresh_token(b"hash", LIFETIME, at=CREATED + timedelta(days=9))

    assert token.expires_at == session.expires_at


@pytest.mark.parametrize(
    ("after", "leeway", "within"),
    [
        (0, 0, False),
        (0, 10, True),
        (9.999999, 10, True),
        (10, 10, False),
        (11, 10, False),
        # The spender's clock may be ahead of that of the one who lost the race.
        (-1, 0, False),
        (-1, 10, True),
    ],
)
def test_a_repeat_is_forgiven_within_the_leeway(after: float, leeway: int, within: bool) -> None:
    token = a_refresh_token(spent_at=LATER)
    at = LATER + timedelta(seconds=after)

    assert token.was_spent_within(timedelta(seconds=leeway), at=at) is within


def test_an_unspent_token_has_no_repeat() -> None:
    assert not a_refresh_token().was_spent_within(timedelta(days=1), at=LATER)


def test_the_hash_of_a_token_is_never_shown() -> None:
    assert "secret" not in repr(a_refresh_token(token_hash=b"secret"))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (None, None),
        ("", ""),
        ("curl/8\r\nSet-Cookie: a=b\0\x1b[31m", "curl/8Set-Cookie: a=b[31m"),
        ("\ud800Mozilla\u202e", "Mozilla"),
        ("x" * 600, "x" * MAX_USER_AGENT_LENGTH),
        ("Žižkov 1.0", "Žižkov 1.0"),
    ],
)
def test_what_a_client_calls_itself_is_made_harmless(told: str | None, kept: str | None) -> None:
    assert Origin(user_agent=told).user_agent == kept


def test_a_session_keeps_its_identity() -> None:
    session = a_session()

    with pytest.raises(attrs.exceptions.FrozenAttributeError):
        session.user_id = UserId(new_id())


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (FIREFOX, FIREFOX.replace("132.0", "133.0.1"), True),
        ("App/1.0 (iPhone OS 17_5_1)", "App/2.31b (iPhone OS 18_0)", True),
        (FIREFOX, FIREFOX.replace("Linux", "Windows"), False),
        (FIREFOX, FIREFOX.replace("Firefox", "Chrome"), False),
        ("curl/8.5.0", None, False),
        (None, "", True),
    ],
)
def test_a_device_stays_the_same_through_updates(
    one: str | None, other: str | None, same: bool
) -> None:
    assert (device_of(one) == device_of(other)) is same
