"""Access tokens of Ann's, and forgeries of them."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jose.backends.base import Key

from adapters.memory.clock import CountingIds, FixedClock
from adapters.security.access_tokens import Algorithm, JwtAccessTokens, SigningKeys, TokenKey
from application.auth.ports import AccessClaims
from domain.access import NotAuthenticated, SessionId, UserId

SECRET = b"a secret for tests, longer than 32 bytes"
OTHER_SECRET = b"another secret of tests, also over 32 bytes"
ISSUER = "https://tessera.example"
AUDIENCE = "tessera"
LIFETIME = timedelta(minutes=15)
SKEW = timedelta(seconds=30)
MICROSECOND = timedelta(microseconds=1)

ANN = UserId(UUID("01900000-0000-7000-8000-00000000000a"))
SESSION = SessionId(UUID("01900000-0000-7000-8000-00000000000b"))
ANNS = (ANN, SESSION)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

HS256 = TokenKey.hs256(SECRET)
HEADER: Mapping[str, object] = {"alg": "HS256", "typ": "at+jwt", "kid": HS256.kid}
CLAIMS: Mapping[str, object] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": str(ANN),
    "sid": str(SESSION),
    "jti": "01900000-0000-7000-8000-00000000000c",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 900,
}
WITHOUT = object()


@attrs.frozen(eq=False)
class WatchedKeys(SigningKeys):
    """Counts how often a signature was about to be checked."""

    asked: list[str] = attrs.field(factory=list)

    def find(self, kid: str) -> tuple[Key, Algorithm] | None:
        self.asked.append(kid)
        return SigningKeys.find(self, kid)


def tokens_of(
    keys: SigningKeys | None = None, *, clock: FixedClock | None = None, remembers: int = 100
) -> JwtAccessTokens:
    return JwtAccessTokens(
        keys=keys or SigningKeys(HS256),
        clock=clock or FixedClock(NOON),
        new_id=CountingIds(),
        issuer=ISSUER,
        audience=AUDIENCE,
        lifetime=LIFETIME,
        skew=SKEW,
        remembers=remembers,
    )


def whose(claims: AccessClaims) -> tuple[UserId, SessionId]:
    return claims.user_id, claims.session_id


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_part(token: str, number: int) -> dict[str, object]:
    part = token.split(".")[number]
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def changed(fields: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**fields, **changes}.items() if value is not WITHOUT}


def signed(header: bytes, payload: bytes, secret: bytes = SECRET) -> str:
    """By hand, since libraries refuse to make most of what attackers send."""
    signing_input = f"{base64url(header)}.{base64url(payload)}"
    return f"{signing_input}.{base64url(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def forged(
    header: Mapping[str, object] = HEADER,
    claims: Mapping[str, object] = CLAIMS,
    secret: bytes = SECRET,
) -> str:
    return signed(json.dumps(header).encode(), json.dumps(claims).encode(), secret)


def refuses(tokens: JwtAccessTokens, token: str) -> bool:
    # Twice, so that nothing refused is remembered either.
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            tokens.verify(token)
    return True


def ec_pem() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    return pem_of(key), public_pem_of(key)


def rsa_pem() -> tuple[str, str]:
    key = rsa.generate_private_key(65537, 2048)
    return pem_of(key), public_pem_of(key)


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
