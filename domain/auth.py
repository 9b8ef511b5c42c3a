"""Sessions and the refresh tokens that keep them alive."""

from datetime import datetime, timedelta

import attrs

from domain.access import SessionId, UserId
from domain.errors import NotFound, Unauthenticated

MAX_USER_AGENT_LENGTH = 512


class InvalidCredentials(Unauthenticated):
    """The username or the password is not right. Which of the two is never told."""

    code = "invalid_credentials"
    title = "Invalid credentials"


class TokenExpired(Unauthenticated):
    """The token is past its time. Refresh the session, or sign in again."""

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


def _clean_user_agent(user_agent: str | None) -> str | None:
    if user_agent is None:
        return None
    printable = "".join(character for character in user_agent if character.isprintable())
    return printable[:MAX_USER_AGENT_LENGTH]


@attrs.frozen
class Device:
    """From where a session was opened; told by the client and never trusted."""

    ip: str | None = None
    user_agent: str | None = attrs.field(default=None, converter=_clean_user_agent)


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
        device: Device,
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
            ip=device.ip,
            user_agent=device.user_agent,
        )

    def use(self, *, at: datetime) -> None:
        """Note a refresh; `TokenRevoked` or `TokenExpired` where the session has ended."""
        if self.revoked_at is not None:
            raise TokenRevoked
        if at >= self.expires_at:
            raise TokenExpired
        self.last_used_at = at

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
