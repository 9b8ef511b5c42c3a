"""Refresh tokens: random at sign-in, then each made from the one before."""

import base64
import hashlib
import hmac
import secrets

import attrs

from adapters.security.keys import derive_key
from application.auth.ports import RefreshSecret


def _successor_key(secret: bytes) -> bytes:
    return derive_key(secret, "refresh token successors/v1")


@attrs.frozen(eq=False)
class HmacRefreshSecrets:
    """A successor is the HMAC-SHA256 of its predecessor, so that a client who never saw an answer
    can be given the same again without any token being stored. Whoever holds an old token but not
    the server's secret can't work out the next."""

    _key: bytes = attrs.field(alias="secret", converter=_successor_key, repr=False)

    def fresh(self) -> RefreshSecret:
        return self._of(secrets.token_bytes(32))

    def successor(self, text: str) -> RefreshSecret:
        return self._of(hmac.digest(self._key, _bytes(text), "sha256"))

    def hash(self, text: str) -> bytes:
        # Unsalted and fast on purpose: there is nothing to guess in 256 random bits.
        return hashlib.sha256(_bytes(text)).digest()

    def _of(self, unguessable: bytes) -> RefreshSecret:
        text = base64.urlsafe_b64encode(unguessable).rstrip(b"=").decode("ascii")
        return RefreshSecret(text=text, token_hash=self.hash(text))


def _bytes(text: str) -> bytes:
    # Clients may send any junk, lone surrogates too; this maps no two texts to the same bytes.
    return text.encode("utf-8", "surrogatepass")
