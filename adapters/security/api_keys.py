"""API keys as text: a mark, random characters, and a checksum over them.

The shape is the one that scanners for leaked secrets look for: they tell a key from its like by the
checksum, without asking anybody.
"""

import hashlib
import re
import secrets
import string
import zlib

import attrs

from application.access.ports import ApiKeySecret
from domain.api_keys import API_KEY_MARK

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 32
"""190 bits, of which the prefix that is shown tells 47."""
_CHECKSUM_LENGTH = 6
_SHOWN_LENGTH = 8
_TEXT = re.compile(
    f"{API_KEY_MARK}([0-9A-Za-z]{{{_RANDOM_LENGTH}}})([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)


@attrs.frozen
class Base62ApiKeySecrets:
    def fresh(self) -> ApiKeySecret:
        random = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LENGTH))
        text = f"{API_KEY_MARK}{random}{_checksum(random)}"
        return ApiKeySecret(
            text=text,
            prefix=text[: len(API_KEY_MARK) + _SHOWN_LENGTH],
            key_hash=_hash(text),
        )

    def hash_of(self, text: str) -> bytes | None:
        match = _TEXT.fullmatch(text)
        if match is None or match[2] != _checksum(match[1]):
            return None
        return _hash(text)


def _checksum(random: str) -> str:
    """CRC-32 in base 62, as GitHub's tokens have it."""
    rest = zlib.crc32(random.encode("ascii"))
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_BASE62))
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))


def _hash(text: str) -> bytes:
    # Unsalted and fast on purpose: there is nothing to guess in 190 random bits.
    return hashlib.sha256(text.encode("ascii")).digest()
