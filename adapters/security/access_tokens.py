"""Access tokens as signed JWTs (RFC 7519, RFC 9068), by python-jose."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal, TypeAlias
from uuid import UUID

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)
from jose import jwk, jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from application.auth.ports import AccessClaims, AccessToken
from application.clock import Clock, NewId
from domain.access import NotAuthenticated, SessionId, UserId
from domain.auth import TokenExpired

Algorithm: TypeAlias = Literal["HS256", "ES256", "RS256"]

MIN_HS256_KEY_LENGTH = 32
"""Bytes: as many as the hash has (RFC 7518 §3.2)."""
MIN_RS256_KEY_SIZE = 2048
"""Bits (RFC 7518 §3.3)."""

_TYPE = "at+jwt"
_MAX_LENGTH = 8 * 1024
_THREE_PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@attrs.frozen
class TokenKey:
    """A key and the one algorithm it is ever used with (RFC 8725 §3.1)."""

    kid: str
    algorithm: Algorithm
    _key: Key = attrs.field(repr=False)
    can_sign: bool = True
    """Not with the public half of a pair."""

    @classmethod
    def hs256(cls, secret: bytes) -> "TokenKey":
        """Raise `ValueError` for a secret under 32 bytes."""
        if len(secret) < MIN_HS256_KEY_LENGTH:
            raise ValueError(f"an HS256 key needs at least {MIN_HS256_KEY_LENGTH} bytes")
        # Tells keys apart and tells nothing else: no token's signature covers this text.
        thumbprint = hmac.digest(secret, b"kid", "sha256")[:8]
        kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode("ascii")
        return cls(kid, "HS256", jwk.construct(secret, "HS256"))

    @classmethod
    def from_pem(cls, pem: str) -> "TokenKey":
        """A private key to sign with, or a public one that only verifies; named by its thumbprint,
        so that every process calls it alike. Raise `ValueError` for what is neither ES256 nor
        RS256."""
        public = _public_key(pem)
        match public:
            case EllipticCurvePublicKey(curve=SECP256R1()):
                algorithm: Algorithm = "ES256"
            case RSAPublicKey() if public.key_size >= MIN_RS256_KEY_SIZE:
                algorithm = "RS256"
            case _:
                raise ValueError(
                    f"must be a P-256 key, or an RSA key of at least {MIN_RS256_KEY_SIZE} bits"
                )
        key = jwk.construct(pem, algorithm)
        can_sign = _PRIVATE in pem
        shown = key.public_key() if can_sign else key
        return cls(_thumbprint(shown.to_dict()), algorithm, key, can_sign)

    @property
    def signing(self) -> Key:
        return self._key

    @property
    def verifying(self) -> Key:
        is_pair = self.algorithm != "HS256" and self.can_sign
        return self._key.public_key() if is_pair else self._key

    @property
    def published(self) -> Mapping[str, str] | None:
        """As others verify with it (RFC 7517 §4); a shared secret is never shown."""
        if self.algorithm == "HS256":
            return None
        key = _as_text(self.verifying.to_dict())
        return {**key, "kid": self.kid, "use": "sig", "alg": self.algorithm}


@attrs.frozen(eq=False)
class SigningKeys:
    """The key that signs, and those, by `kid`, that still verify what was signed before."""

    current: TokenKey
    retired: tuple[TokenKey, ...] = ()
    _verifying: Mapping[str, tuple[Key, Algorithm]] = attrs.field(init=False, repr=False)

    @_verifying.default
    def _by_kid(self) -> Mapping[str, tuple[Key, Algorithm]]:
        if not self.current.can_sign:
            raise ValueError("the first key must be a private one")
        keys = (self.current, *self.retired)
        if len({key.kid for key in keys}) < len(keys):
            raise ValueError("each key needs a kid of its own")
        # Read out once: an RSA key made from PEM takes milliseconds.
        return MappingProxyType({key.kid: (key.verifying, key.algorithm) for key in keys})

    def find(self, kid: str) -> tuple[Key, Algorithm] | None:
        return self._verifying.get(kid)

    @property
    def published(self) -> list[Mapping[str, str]]:
        """The keys that others may verify with, the one that signs first."""
        shown = (key.published for key in (self.current, *self.retired))
        return [key for key in shown if key is not None]


@attrs.frozen(kw_only=True, eq=False)
class JwtAccessTokens:
    """Every token names its key by `kid`, and the key alone decides the algorithm. Headers that
    offer keys (`jku`, `x5u`, `jwk`) are not read.

    A token that has verified is remembered by its SHA-256 until it expires, because checking a
    signature again costs ten times the look-up. Whether its session still lives is not asked here.
    """

    keys: SigningKeys
    clock: Clock
    new_id: NewId
    issuer: str
    audience: str
    lifetime: timedelta = timedelta(minutes=15)
    skew: timedelta = timedelta(seconds=30)
    """How far the clocks of the processes that issue and verify may be apart."""
    remembers: int = attrs.field(default=10_000, validator=attrs.validators.ge(1))
    """The number of verified tokens kept at most, at about half a kilobyte each."""
    _remembered: dict[bytes, AccessClaims] = attrs.field(factory=dict, init=False, repr=False)

    def issue(self, user_id: UserId, session_id: SessionId) -> AccessToken:
        now = int(self.clock.now().timestamp())
        expires_in = int(self.lifetime.total_seconds())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(self.new_id()),
            "iat": now,
            "nbf": now,
            "exp": now + expires_in,
        }
        key = self.keys.current
        headers = {"typ": _TYPE, "kid": key.kid}
        text = jws.sign(claims, key.signing, headers=headers, algorithm=key.algorithm)
        return AccessToken(text=text, expires_in=expires_in)

    def verify(self, token: str) -> AccessClaims:
        if len(token) > _MAX_LENGTH or not token.isascii():
            raise NotAuthenticated
        digest = hashlib.sha256(token.encode("ascii")).digest()
        now = self.clock.now()
        claims = self._remembered.get(digest)
        if claims is None:
            claims = self._verify(token, now)
            self._remember(digest, claims)
        if now >= claims.expires_at:
            self._remembered.pop(digest, None)
            raise TokenExpired
        return claims

    def _remember(self, digest: bytes, claims: AccessClaims) -> None:
        while len(self._remembered) >= self.remembers:
            # The first to come is about the first to expire.
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[digest] = claims

    def _verify(self, token: str, now: datetime) -> AccessClaims:
        payload = self._signed_payload(token)
        latest = (now + self.skew).timestamp()
        match payload:
            case {
                "iss": self.issuer,
                "aud": self.audience,
                "sub": str(user_id),
                "sid": str(session_id),
                "jti": str(token_id),
                "iat": int(issued_at),
                "nbf": int(not_before),
                "exp": int(expires_at),
            } if issued_at <= latest and not_before <= latest:
                try:
                    return AccessClaims(
                        user_id=UserId(UUID(user_id)),
                        session_id=SessionId(UUID(session_id)),
                        token_id=token_id,
                        issued_at=datetime.fromtimestamp(issued_at, UTC),
                        expires_at=datetime.fromtimestamp(expires_at, UTC),
                    )
                except (ValueError, OverflowError, OSError):
                    raise NotAuthenticated from None
        raise NotAuthenticated

    def _signed_payload(self, token: str) -> object:
        """What the token says, once its signature holds; the time is not looked at."""
        if _THREE_PARTS.fullmatch(token) is None or not _is_canonical(token.rpartition(".")[2]):
            raise NotAuthenticated
        try:
            key, algorithm = self._key_for(jws.get_unverified_header(token))
            payload: object = json.loads(jws.verify(token, key, algorithms=[algorithm]))
        except (JOSEError, ValueError, RecursionError):
            # Deep nesting exhausts the stack in the header already, before any signature.
            raise NotAuthenticated from None
        return payload

    def _key_for(self, header: Mapping[str, object]) -> tuple[Key, Algorithm]:
        match header:
            case {"crit": _}:
                # Extensions that must be understood (RFC 7515 §4.1.11), and we know none.
                raise NotAuthenticated
            case {"typ": str(kind), "kid": str(kid)} if kind == _TYPE:
                found = self.keys.find(kid)
                if found is not None:
                    return found
        raise NotAuthenticated


_PRIVATE = "PRIVATE KEY-----"


def _public_key(pem: str) -> object:
    """Raise `ValueError` where it is no key that can be read without a passphrase."""
    data = pem.encode()
    try:
        if _PRIVATE in pem:
            return load_pem_private_key(data, password=None).public_key()
        return load_pem_public_key(data)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        # Its message may quote what it could not read.
        raise ValueError("must be a PEM key without a passphrase") from None


_THUMBPRINT_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}


def _thumbprint(key: Mapping[str, object]) -> str:
    """RFC 7638 §3.1: SHA-256 over the members that make the key, in the order of their names."""
    text = _as_text(key)
    members = {name: text[name] for name in _THUMBPRINT_MEMBERS[text["kty"]]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(canonical).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _as_text(key: Mapping[str, object]) -> dict[str, str]:
    """python-jose gives some members as bytes."""
    return {
        name: value.decode("ascii") if isinstance(value, bytes) else str(value)
        for name, value in key.items()
    }


def _is_canonical(signature: str) -> bool:
    """Whether its unused last bits are zero; else one signature could be written in four ways."""
    padded = signature + "=" * (-len(signature) % 4)
    try:
        decoded = base64.urlsafe_b64decode(padded)
    except ValueError:
        return False
    return base64.urlsafe_b64encode(decoded).decode("ascii") == padded
