"""Fresh keys for operators."""

import secrets

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.security.access_tokens import Algorithm

_RSA_KEY_SIZE = 3072
"""Bits: good beyond 2030 (NIST SP 800-57 Part 1 Rev. 5 §5.6.3)."""


def generate_key(algorithm: Algorithm) -> str:
    """What `SECRET_KEY` or `JWT_PRIVATE_KEYS` takes: a secret as text, or a private key as PEM."""
    if algorithm == "HS256":
        return secrets.token_urlsafe(48)
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, _RSA_KEY_SIZE)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
