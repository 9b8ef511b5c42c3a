"""What a client holds between the right password and the code."""

import base64
import hmac
import re
from datetime import UTC, datetime
from uuid import UUID

import attrs

from adapters.security.keys import derive_key
from domain.access import SessionId, UserId
from domain.totp import PendingSignIn

_MARK_LENGTH = 18
_LENGTH = 16 + 16 + _MARK_LENGTH + 8
# Together with 32 bytes of HMAC a multiple of three, so that base64 has no padding and no spare
# bits, and each token can be written in one way only.
_TEXT = re.compile(r"[A-Za-z0-9_-]{120}")


def _token_key(secret: bytes) -> bytes:
    return derive_key(secret, "sign-ins that wait for a code/v1")


@attrs.frozen(eq=False)
class HmacMfaTokens:
    """Base64url of the sign-in that waits and of the HMAC-SHA256 over it, with a key that makes
    nothing else. Nothing is stored: the session that comes of it is what spends it."""

    _key: bytes = attrs.field(alias="secret", converter=_token_key, repr=False)

    def issue(self, pending: PendingSignIn) -> str:
        until = int(pending.expires_at.timestamp())
        payload = (
            pending.session_id.bytes
            + pending.user_id.bytes
            + pending.password_mark
            + until.to_bytes(8, "big")
        )
        return base64.urlsafe_b64encode(payload + self._tag(payload)).decode("ascii")

    def read(self, text: str) -> PendingSignIn | None:
        if _TEXT.fullmatch(text) is None:
            return None
        signed = base64.urlsafe_b64decode(text)
        payload, tag = signed[:_LENGTH], signed[_LENGTH:]
        if not hmac.compare_digest(tag, self._tag(payload)):
            return None
        return PendingSignIn(
            session_id=SessionId(UUID(bytes=payload[:16])),
            user_id=UserId(UUID(bytes=payload[16:32])),
            password_mark=payload[32 : 32 + _MARK_LENGTH],
            expires_at=datetime.fromtimestamp(int.from_bytes(payload[-8:], "big"), UTC),
        )

    def mark(self, password_hash: str | None) -> bytes:
        return self._tag(b"password hash: " + (password_hash or "").encode())[:_MARK_LENGTH]

    def _tag(self, signed: bytes) -> bytes:
        return hmac.digest(self._key, signed, "sha256")
