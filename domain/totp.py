"""A second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for whoever
has lost it."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

import attrs

from domain.access import SessionId, UserId
from domain.errors import Conflict, Invalid, NotFound, Unauthenticated
from domain.secrets import SealedSecret
from domain.throttling import AccountLocked, RateLimit

# What every authenticator app knows; some read no other value off the QR code.
STEP_SECONDS = 30
DIGITS = 6
SECRET_LENGTH = 20
"""Bytes: as many as SHA-1 has (RFC 4226 §4)."""
DRIFT = 1
"""Steps that the clock of a phone may be off, either way (RFC 6238 §5.2)."""

RECOVERY_CODES = 10
RECOVERY_CODE_LENGTH = 15
"""Bytes. From 112 bits on a fast hash will do for what is stored (NIST SP 800-63B-4 §3.1.2.2)."""
_GROUP = 4

# Exact, and never turned off: a code has a million possible values, and three are good at a time.
MFA_LIMIT = RateLimit("mfa", 5, timedelta(minutes=5))
MFA_TOKEN_LIFE = timedelta(minutes=5)


class MfaRequired(Unauthenticated):
    """The password is right, and this account asks for a code as well. Send `mfa_token` and the
    code, from the authenticator app or one of the recovery codes, to `POST /api/v1/auth/login/mfa`
    within five minutes."""

    code = "mfa_required"
    title = "A code is required"

    def __init__(self, mfa_token: str) -> None:
        self.mfa_token = mfa_token
        super().__init__()


class InvalidCode(Invalid):
    """The code is not the one that the authenticator app shows now, or it has been used. Wait for
    the next one; if that is refused too, check the clock of the device."""

    code = "invalid_code"
    title = "The code is not valid"


class TotpNotFound(NotFound):
    """Codes of an authenticator app are not set up on this account. Begin with
    `POST /api/v1/auth/mfa/totp`."""

    code = "totp_not_found"
    title = "No authenticator app is set up"


class TotpAlreadyOn(Conflict):
    """This account has an authenticator app. Turn it off before you set up another."""

    code = "totp_already_on"
    title = "An authenticator app is set up already"


class MfaMethod(StrEnum):
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


@attrs.frozen(kw_only=True)
class PendingSignIn:
    """A sign-in of which the password was right and the code is still to come. It grants nothing,
    and its session begins to exist when the code comes: once, as a session's id is unique."""

    session_id: SessionId
    user_id: UserId
    password_mark: bytes = attrs.field(repr=False)
    """Tells one password hash from another, and nothing of either."""
    expires_at: datetime


@attrs.define(kw_only=True)
class Totp:
    """An authenticator app, from when it is set up; it counts once its owner has shown a code."""

    user_id: UserId = attrs.field(on_setattr=attrs.setters.frozen)
    key_id: str
    sealed_secret: bytes = attrs.field(repr=False)
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    confirmed_at: datetime | None = None
    last_step: int | None = None
    """The newest whose code was accepted; neither it nor one before it is accepted again."""
    recovery_codes: frozenset[bytes] = attrs.field(default=frozenset(), repr=False)
    """The hashes of those that are left."""
    failures: tuple[datetime, ...] = ()
    """When a wrong code came, as far as it still counts."""

    @property
    def is_on(self) -> bool:
        return self.confirmed_at is not None

    @property
    def sealing_context(self) -> bytes:
        return sealing_context(self.user_id)

    @property
    def sealed(self) -> SealedSecret:
        return SealedSecret(self.key_id, self.sealed_secret)

    def reseal(self, sealed: SealedSecret) -> None:
        self.key_id, self.sealed_secret = sealed.key_id, sealed.data

    def confirm(self, *, at: datetime) -> None:
        self.confirmed_at = at

    def renew_recovery_codes(self, codes: Iterable[str]) -> None:
        self.recovery_codes = frozenset(recovery_code_hash(code, self.user_id) for code in codes)

    def must_take_codes(self, *, at: datetime) -> None:
        """Raise `AccountLocked` after too many wrong ones, whoever sent them."""
        counting = self._failures_at(at)
        if len(counting) >= MFA_LIMIT.quota:
            free_at = counting[-MFA_LIMIT.quota] + MFA_LIMIT.window
            raise AccountLocked(MFA_LIMIT, free_at - at)

    def note_failure(self, *, at: datetime) -> bool:
        """Answer whether this was the last one for now."""
        self.failures = (*self._failures_at(at), at)
        return len(self.failures) >= MFA_LIMIT.quota

    def _failures_at(self, at: datetime) -> tuple[datetime, ...]:
        return tuple(each for each in self.failures if at - each < MFA_LIMIT.window)


def sealing_context(user_id: UserId) -> bytes:
    """What a secret is sealed for: to be that user's, and no other's."""
    return b"totp/" + user_id.bytes


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """HOTP with the step as its counter (RFC 4226 §5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(code: str, secret: bytes, *, at: datetime) -> int | None:
    """The step whose code this is, the newest where it is that of several; None for any other."""
    given, now = bare_code(code).encode(), step_at(at)
    steps = range(now + DRIFT, now - DRIFT - 1, -1)
    # Every step is tried, so that the time it takes tells nothing.
    found = [step for step in steps if hmac.compare_digest(code_of(secret, step).encode(), given)]
    return found[0] if found else None


def secret_text(secret: bytes) -> str:
    """As its owner types it where there is no camera (RFC 4648 §6)."""
    return base64.b32encode(secret).decode("ascii")


def otpauth_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """What the QR code says, in the format that authenticator apps have in common."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    return (
        f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )


def recovery_code(random: bytes) -> str:
    """In groups of four that are easy to copy; base32 has no 0 and no 1."""
    text = base64.b32encode(random).decode("ascii").lower()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def recovery_code_hash(code: str, user_id: UserId) -> bytes:
    """However it is spelled. The same code would be another's on another account."""
    return hashlib.sha256(user_id.bytes + bare_code(code).encode()).digest()


def bare_code(code: str) -> str:
    """As people type codes: spaces and hyphens anywhere, in any case."""
    return "".join(code.split()).replace("-", "").casefold().encode(errors="replace").decode()


def method_of(code: str) -> MfaMethod:
    bare = bare_code(code)
    is_short = len(bare) == DIGITS and bare.isascii() and bare.isdigit()
    return MfaMethod.TOTP if is_short else MfaMethod.RECOVERY_CODE
