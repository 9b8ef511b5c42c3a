"""Secrets that are planted, to be looked for where no secret may be."""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from itertools import count

import attrs

_MARK = "Canary-"
_numbers = count(1)


@attrs.frozen
class Canaries:
    """What was planted, by what it is."""

    _planted: dict[str, str] = attrs.field(factory=dict, repr=False)

    def password(self, what: str) -> str:
        """One of its own, that a service takes."""
        return self.plant(what, f"{_MARK}{secrets.token_hex(9)}-sings")

    def plant(self, what: str, secret: str) -> str:
        assert len(secret) >= 12, f"{what} is too short to be looked for"
        self._planted[f"{what} ({next(_numbers)})"] = secret
        return secret

    @property
    def names(self) -> set[str]:
        return {what.rpartition(" (")[0] for what in self._planted}

    def found_in(self, *texts: str) -> set[str]:
        """What of it is there, in any of the forms that a secret may be left in."""
        folded = [text.casefold() for text in texts]
        return {
            f"{what} as {form}"
            for what, secret in self._planted.items()
            for form, trace in _forms(secret)
            if any(trace.casefold() in text for text in folded)
        }


def _forms(secret: str) -> Iterator[tuple[str, str]]:
    raw = secret.encode()
    yield "text", secret
    yield from _encoded(raw)
    # What a secret stands for, where it is itself base64 of random bytes.
    for name, bytes_ in _decoded(secret):
        yield f"{name} in hex", bytes_.hex()
    # Without salt or key, whoever reads it can try what a person may have thought of.
    if secret.startswith(_MARK):
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            for spelling in (secret, secret.casefold()):
                hasher = hashlib.new(algorithm, spelling.encode(), usedforsecurity=False)
                # Also where no more than the first half of an MD5 is kept.
                yield f"{algorithm} in hex", hasher.digest()[:8].hex()
                yield f"{algorithm} in base64", base64.b64encode(hasher.digest()[:9]).decode()


def _encoded(raw: bytes) -> Iterator[tuple[str, str]]:
    yield "hex", raw.hex()
    yield "base32", base64.b32encode(raw).decode().rstrip("=")
    for offset in range(3):
        # Within something longer it begins anywhere in a group of three bytes: of what is sure to
        # be the same, the characters that are of the secret's bits alone.
        shifted = base64.b64encode(b"\0" * offset + raw).decode()
        whole = shifted[4 if offset else 0 : (offset + len(raw)) // 3 * 4]
        yield f"base64 at {offset}", whole
        yield f"base64url at {offset}", whole.replace("+", "-").replace("/", "_")


def _decoded(secret: str) -> Iterator[tuple[str, bytes]]:
    try:
        bytes_ = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return
    # The end of it: a token may begin with an id that is no secret.
    yield "what it encodes", bytes_[-24:]
