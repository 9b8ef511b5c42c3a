"""Signatures of the audit trail."""

import hmac
import secrets
from collections.abc import Sequence

import attrs

from adapters.security.keys import derive_key

_SALT_LENGTH = 16


def _keys(secrets_: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(derive_key(secret, "audit trail/v1") for secret in secrets_)


@attrs.frozen(eq=False)
class HmacAuditSigner:
    """HMAC-SHA256: whoever has the database alone can neither write an entry nor a seal."""

    _keys: tuple[bytes, ...] = attrs.field(alias="secrets", converter=_keys, repr=False)
    """The first signs; all verify."""

    def salt(self) -> bytes:
        return secrets.token_bytes(_SALT_LENGTH)

    def sign(self, statement: bytes) -> bytes:
        return hmac.digest(self._keys[0], statement, "sha256")

    def has_signed(self, statement: bytes, signature: bytes) -> bool:
        return any(
            hmac.compare_digest(hmac.digest(key, statement, "sha256"), signature)
            for key in self._keys
        )
