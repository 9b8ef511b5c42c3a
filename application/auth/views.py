"""Sessions and tokens as they are shown."""

from datetime import datetime

import attrs

from domain.access import SessionId


@attrs.frozen(kw_only=True)
class SessionView:
    id: SessionId
    created_at: datetime
    last_used_at: datetime
    ip: str | None
    user_agent: str | None


@attrs.frozen(kw_only=True)
class IssuedTokens:
    """What a client gets at sign-in and at each refresh."""

    access_token: str = attrs.field(repr=False)
    expires_in: int
    """Seconds that the access token lives."""
    refresh_token: str = attrs.field(repr=False)
    scope: str
    """The permissions held, separated by spaces (RFC 6749 §3.3)."""
