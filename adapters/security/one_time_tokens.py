"""The texts of one-time tokens, made from their ids."""

import base64
import hmac
import re
from collections.abc import Sequence
from uuid import UUID

import attrs

from adapters.security.keys import derive_key
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose

# 16 bytes of id and 32 of HMAC: a multiple of three, so that base64 has no padding and no spare
# bits, and each token can be written in one way only.
_TEXT = re.compile(r"[A-Za-z0-9_-]{64}")
_ID_LENGTH = 16


def _token_key(secret: bytes) -> bytes:
    return derive_key(secret, "one-time tokens/v1")


def _token_keys(secrets: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(map(_token_key, secrets))


@attrs.frozen(eq=False)
class HmacOneTimeTokenSecrets:
    """Base64url of a token's id and of the HMAC-SHA256 over its purpose and that id. Whoever reads
    the database finds ids and can make no token of them. What was written by an older secret is
    still read, so that the links in mails outlive a change of it."""

    _key: bytes = attrs.field(alias="secret", converter=_token_key, repr=False)
    _older_keys: Sequence[bytes] = attrs.field(
        default=(), alias="older_secrets", converter=_token_keys, repr=False
    )

    def text_of(self, purpose: TokenPurpose, token_id: OneTimeTokenId) -> str:
        signed = token_id.bytes + _tag(self._key, purpose, token_id.bytes)
        return base64.urlsafe_b64encode(signed).decode("ascii")

    def read(self, text: str, purpose: TokenPurpose) -> OneTimeTokenId | None:
        if _TEXT.fullmatch(text) is None:
            return None
        signed = base64.urlsafe_b64decode(text)
        token_id, tag = signed[:_ID_LENGTH], signed[_ID_LENGTH:]
        for key in (self._key, *self._older_keys):
            if hmac.compare_digest(tag, _tag(key, purpose, token_id)):
                return OneTimeTokenId(UUID(bytes=token_id))
        return None


def _tag(key: bytes, purpose: TokenPurpose, token_id: bytes) -> bytes:
    # The id has a fixed length, so that no purpose and id can be taken for another pair.
    return hmac.digest(key, token_id + purpose.value.encode("ascii"), "sha256")
