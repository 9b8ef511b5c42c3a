"""The keys that access tokens are signed with, and that others verify them by."""

import hashlib
import re
from typing import Literal

import joserfc.jwk
import joserfc.jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from jose import jws

from adapters.security.access_tokens import SigningKeys, TokenKey
from tests.adapters.security.forging import (
    ANN,
    ANNS,
    CLAIMS,
    HEADER,
    HS256,
    OTHER_SECRET,
    SECRET,
    SESSION,
    base64url,
    ec_pem,
    forged,
    pem_of,
    public_pem_of,
    read_part,
    refuses,
    rsa_pem,
    tokens_of,
    whose,
)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_signs_with_private_keys_and_verifies_with_public_ones(
    algorithm: Literal["ES256", "RS256"],
) -> None:
    private, public = ec_pem() if algorithm == "ES256" else rsa_pem()
    key = TokenKey.from_pem(private)
    ours = tokens_of(SigningKeys(key))
    token = ours.issue(ANN, SESSION).text
    assert read_part(token, 0) == {"alg": algorithm, "typ": "at+jwt", "kid": key.kid}
    assert whose(ours.verify(token)) == ANNS
    # Where another process signs, and the public key alone is known.
    elsewhere = SigningKeys(HS256, (TokenKey.from_pem(public),))
    assert whose(tokens_of(elsewhere).verify(token)) == ANNS


def test_a_public_key_does_not_sign() -> None:
    _, public = ec_pem()
    with pytest.raises(ValueError, match="private"):
        SigningKeys(TokenKey.from_pem(public))


@pytest.mark.parametrize("pems", [ec_pem(), rsa_pem()], ids=["ES256", "RS256"])
def test_another_library_verifies_by_the_published_keys(pems: tuple[str, str]) -> None:
    key = TokenKey.from_pem(pems[0])
    keys = SigningKeys(key, (HS256,))
    assert [each["kid"] for each in keys.published] == [key.kid]
    assert {"d", "p", "q", "k"}.isdisjoint(keys.published[0])

    token = joserfc.jwt.decode(
        tokens_of(keys).issue(ANN, SESSION).text,
        joserfc.jwk.KeySet.import_key_set({"keys": [dict(each) for each in keys.published]}),
        algorithms=[key.algorithm],
    )

    assert (token.claims["sub"], token.claims["sid"]) == (str(ANN), str(SESSION))
    assert token.header["typ"] == "at+jwt"


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_key_is_named_by_its_thumbprint(kind: Literal["EC", "RSA"]) -> None:
    private, public = ec_pem() if kind == "EC" else rsa_pem()
    theirs = joserfc.jwk.import_key(public, kind)
    assert TokenKey.from_pem(private).kid == TokenKey.from_pem(public).kid == theirs.thumbprint()


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "not a key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        public_pem_of(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - weak on purpose
    ],
    ids=["empty", "junk", "hollow", "P-384", "RSA of 1024 bits"],
)
def test_refuses_keys_that_nothing_should_be_signed_with(pem: str) -> None:
    with pytest.raises(ValueError, match="must be") as refusal:
        TokenKey.from_pem(pem)
    assert "AAAA" not in str(refusal.value)


def test_a_retired_key_still_verifies() -> None:
    old, new = TokenKey.hs256(OTHER_SECRET), HS256
    issued_before = tokens_of(SigningKeys(old)).issue(ANN, SESSION).text
    assert whose(tokens_of(SigningKeys(new, (old,))).verify(issued_before)) == ANNS
    assert refuses(tokens_of(SigningKeys(new)), issued_before)


def test_a_public_key_is_no_shared_secret() -> None:
    private, public = ec_pem()
    es256 = TokenKey.from_pem(private)
    tokens = tokens_of(SigningKeys(HS256, (es256,)))
    der = ec.generate_private_key(ec.SECP256R1()).public_key()
    guesses = [
        public.encode(),
        public.strip().encode(),
        der.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ]
    for guess in guesses:
        for kid in (es256.kid, HS256.kid):
            header = {"alg": "HS256", "typ": "at+jwt", "kid": kid}
            assert refuses(tokens, forged(header=header, secret=guess))


def test_each_key_is_pinned_to_its_algorithm() -> None:
    private, _ = ec_pem()
    es256 = TokenKey.from_pem(private)
    tokens = tokens_of(SigningKeys(HS256, (es256,)))
    # Signed rightly with one key, in the name of the other.
    header = {"typ": "at+jwt", "kid": HS256.kid}
    assert refuses(tokens, jws.sign(CLAIMS, private, headers=header, algorithm="ES256"))
    assert refuses(tokens, forged(header={**HEADER, "kid": es256.kid}))


def test_refuses_two_keys_of_one_name() -> None:
    with pytest.raises(ValueError, match="kid"):
        SigningKeys(HS256, (TokenKey.hs256(SECRET),))


@pytest.mark.parametrize("secret", [b"", b"x", b"x" * 31])
def test_refuses_short_secrets(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        TokenKey.hs256(secret)


def test_the_name_of_a_key_tells_keys_apart_and_nothing_else() -> None:
    assert TokenKey.hs256(SECRET).kid == HS256.kid != TokenKey.hs256(OTHER_SECRET).kid
    assert re.fullmatch(r"[A-Za-z0-9_-]{11}", HS256.kid)
    # A plain hash would let anyone test guesses at the secret more cheaply than a token does.
    assert HS256.kid not in base64url(hashlib.sha256(SECRET).digest())
