"""Sessions and the refresh tokens that keep them alive."""

import re
from datetime import datetime, timedelta

import attrs

from domain.access import Origin, SessionId, UserId
from domain.errors import Forbidden, NotFound, Unauthenticated

FAMILIAR_FOR = timedelta(days=90)
"""For how long it is remembered where somebody has signed in, and by which device."""
RECENT_SIGN_IN = timedelta(minutes=5)
"""For how long after a sign-in its owner need not repeat the password."""


class InvalidCredentials(Unauthenticated):
    """The username or the password is not right. Which of the two is never told."""

    code = "invalid_credentials"
    title = "Invalid credentials"


class TokenExpired(Unauthenticated):
    """The token or API key is past its time. Refresh the session, sign in again, or make another
    key."""

    code = "token_expired"
    title = "The token has expired"


class TokenRevoked(Unauthenticated):
    """The session of this token has ended: by logout, a changed password, an administrator, or
    because a spent refresh token was presented again. Sign in again."""

    code = "token_revoked"
    title = "The token has been revoked"


class SessionNotFound(NotFound):
    """You have no such session."""

    code = "session_not_found"
    title = "No such session"


class ReauthenticationRequired(Forbidden):
    """This changes who can get into the account. Send the password along, or sign in again and
    repeat the request within five minutes."""

    code = "reauthentication_required"
    title = "Sign in again, or repeat the password"


_VERSIONS = re.compile(r"\d[\w.]*", re.ASCII)


def device_of(user_agent: str | None) -> str:
    """What a program goes on calling itself and its system through all of their updates."""
    return _VERSIONS.sub("", user_agent or "")


@attrs.frozen(kw_only=True)
class SessionLifetime:
    """However busy, a session ends after `absolute`; unused, after `idle`."""

    absolute: timedelta = timedelta(days=30)
    idle: timedelta = timedelta(days=14)


@attrs.define(kw_only=True)
class Session:
    """One sign-in on one device: the family of refresh tokens that descend from it."""

    id: SessionId = attrs.field(on_setattr=attrs.setters.frozen)
    user_id: UserId = attrs.field(on_setattr=attrs.setters.frozen)
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    ip: str | None = None
    user_agent: str | None = None

    @classmethod
    def open(
        cls,
        session_id: SessionId,
        user_id: UserId,
        origin: Origin,
        lifetime: SessionLifetime,
        *,
        at: datetime,
    ) -> "Session":
        return cls(
            id=session_id,
            user_id=user_id,
            created_at=at,
            last_used_at=at,
            expires_at=at + lifetime.absolute,
            ip=origin.address,
            user_agent=origin.user_agent,
        )

    def use(self, *, at: datetime) -> None:
        """Note a refresh; `TokenRevoked` or `TokenExpired` where the session has ended."""
        if self.revoked_at is not None:
            raise TokenRevoked
        if at >= self.expires_at:
            raise TokenExpired
        self.last_used_at = at

    def is_recent(self, *, at: datetime) -> bool:
        """Whether whoever signed in is taken to be still there."""
        return at - self.created_at <= RECENT_SIGN_IN

    def revoke(self, *, at: datetime) -> None:
        if self.revoked_at is None:
            self.revoked_at = at

    def next_refresh_token(
        self, token_hash: bytes, lifetime: SessionLifetime, *, at: datetime
    ) -> "RefreshToken":
        return RefreshToken(
            token_hash=token_hash,
            session_id=self.id,
            created_at=at,
            expires_at=min(at + lifetime.idle, self.expires_at),
        )


@attrs.define(kw_only=True)
class RefreshToken:
    """A single-use credential that extends its session. Only its hash is kept."""

    token_hash: bytes = attrs.field(repr=False)
    session_id: SessionId
    created_at: datetime
    expires_at: datetime
    spent_at: datetime | None = None

    def was_spent_within(self, leeway: timedelta, *, at: datetime) -> bool:
        """Whether a repeat at `at` may be a client that never saw its answer."""
        if self.spent_at is None:
            return False
        # One who raced with the spender may have read the clock earlier than it did.
        return max(at - self.spent_at, timedelta(0)) < leeway
