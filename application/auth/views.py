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


@attrs.frozen(kw_only=True)
class MfaView:
    """What has to be shown at sign-in beside the password."""

    totp: bool
    totp_enabled_at: datetime | None
    recovery_codes_left: int


@attrs.frozen(kw_only=True)
class TotpSetup:
    """What goes into the authenticator app, and is shown this once."""

    secret: str = attrs.field(repr=False)
    otpauth_uri: str = attrs.field(repr=False)
