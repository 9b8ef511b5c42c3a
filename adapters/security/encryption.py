"""Secrets that have to be read again, encrypted with AES-256-GCM (NIST SP 800-38D)."""

import base64
import hmac
import secrets
from collections.abc import Sequence

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.security.keys import derive_key
from domain.secrets import SealedSecret, UnreadableSecret

_NONCE_LENGTH = 12


@attrs.frozen
class DataKey:
    """Made from a secret of the settings, and named by it, so that every process calls it alike."""

    key_id: str
    cipher: AESGCM = attrs.field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "DataKey":
        key = derive_key(secret, "data encryption/v1")
        # Tells keys apart, and tells nothing of them.
        name = hmac.digest(key, b"key id", "sha256")[:9]
        return cls(base64.urlsafe_b64encode(name).decode("ascii"), AESGCM(key))


def _data_keys(given: Sequence[bytes]) -> tuple[DataKey, ...]:
    """Raise `ValueError` where there is none."""
    if not given:
        raise ValueError("there is no key to encrypt with")
    return tuple(DataKey.of(each) for each in given)


@attrs.frozen(eq=False)
class AesGcmSecretCipher:
    """The first key seals, all open. What a secret is for is authenticated with it, so that nobody
    who writes to the database can put one in the place of another.

    Nonces are random, which is safe for 2^32 secrets under one key (§8.3 of the standard).
    """

    _keys: tuple[DataKey, ...] = attrs.field(alias="secrets", converter=_data_keys, repr=False)

    @property
    def key_id(self) -> str:
        return self._keys[0].key_id

    @property
    def key_ids(self) -> frozenset[str]:
        return frozenset(key.key_id for key in self._keys)

    def seal(self, secret: bytes, context: bytes) -> SealedSecret:
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        data = self._keys[0].cipher.encrypt(nonce, secret, context)
        return SealedSecret(self.key_id, nonce + data)

    def open(self, sealed: SealedSecret, context: bytes) -> bytes:
        for key in self._keys:
            if key.key_id == sealed.key_id:
                return _opened(key, sealed, context)
        raise UnreadableSecret("A stored secret was encrypted with a key that is not set.")


def _opened(key: DataKey, sealed: SealedSecret, context: bytes) -> bytes:
    nonce, data = sealed.data[:_NONCE_LENGTH], sealed.data[_NONCE_LENGTH:]
    try:
        return key.cipher.decrypt(nonce, data, context)
    except (InvalidTag, ValueError):
        raise UnreadableSecret("A stored secret is not what it was stored as.") from None
