"""Access tokens: what is issued verifies, and nothing else does."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from jose import jws, jwt

from adapters.memory.clock import FixedClock
from adapters.security.access_tokens import JwtAccessTokens, SigningKeys, TokenKey
from adapters.security.cursors import SignedCursors
from adapters.security.refresh_secrets import HmacRefreshSecrets
from application.paging import Position, SortKey
from tests.adapters.security.forging import (
    ANN,
    ANNS,
    AUDIENCE,
    CLAIMS,
    HEADER,
    HS256,
    ISSUER,
    NOW,
    OTHER_SECRET,
    SECRET,
    SESSION,
    WITHOUT,
    base64url,
    changed,
    forged,
    read_part,
    refuses,
    signed,
    tokens_of,
    whose,
)


def test_verifies_what_it_issued(tokens: JwtAccessTokens) -> None:
    assert whose(tokens.verify(tokens.issue(ANN, SESSION).text)) == ANNS


def test_says_everything_a_verifier_needs(tokens: JwtAccessTokens) -> None:
    issued = tokens.issue(ANN, SESSION)
    assert issued.expires_in == 900
    assert read_part(issued.text, 0) == HEADER
    claims = read_part(issued.text, 1)
    assert claims == {**CLAIMS, "jti": claims["jti"]}


def test_names_each_token_differently(tokens: JwtAccessTokens) -> None:
    issued = {read_part(tokens.issue(ANN, SESSION).text, 1)["jti"] for _ in range(100)}
    assert len(issued) == 100


def test_another_service_that_shares_the_secret_can_verify() -> None:
    tokens = tokens_of(clock=FixedClock(datetime.now(UTC)))
    claims = jwt.decode(
        tokens.issue(ANN, SESSION).text,
        SECRET.decode(),
        algorithms=["HS256"],
        audience=AUDIENCE,
        issuer=ISSUER,
    )
    assert claims["sub"] == str(ANN)


def test_the_forgeries_below_differ_from_a_good_token_in_what_they_say(
    tokens: JwtAccessTokens,
) -> None:
    assert whose(tokens.verify(forged())) == ANNS


@pytest.mark.parametrize("claim", CLAIMS)
def test_requires_every_claim(tokens: JwtAccessTokens, claim: str) -> None:
    assert refuses(tokens, forged(claims=changed(CLAIMS, {claim: WITHOUT})))


@pytest.mark.parametrize("value", [None, [], {}, 1.5, True, [1], {"a": 1}])
@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "jti"])
def test_requires_text_where_text_belongs(
    tokens: JwtAccessTokens, claim: str, value: object
) -> None:
    assert refuses(tokens, forged(claims=changed(CLAIMS, {claim: value})))


@pytest.mark.parametrize("value", [None, [], {}, "", str(NOW + 900), NOW + 900.5, [NOW]])
@pytest.mark.parametrize("claim", ["iat", "nbf", "exp"])
def test_requires_whole_seconds_where_a_time_belongs(
    tokens: JwtAccessTokens, claim: str, value: object
) -> None:
    assert refuses(tokens, forged(claims=changed(CLAIMS, {claim: value})))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": ""},
        {"aud": "another"},
        {"aud": AUDIENCE.upper()},
        {"aud": [AUDIENCE]},
        {"aud": [AUDIENCE, "another"]},
        {"sub": "ann"},
        {"sub": ""},
        {"sub": "0" * 31},
        {"sub": "\ud800"},
        {"sid": "none"},
        {"sid": "x" * 1_000},
        {"exp": 10**30},
        {"exp": -(10**30)},
        {"exp": 253402300800},
    ],
)
def test_refuses_wrong_claims(tokens: JwtAccessTokens, changes: Mapping[str, object]) -> None:
    assert refuses(tokens, forged(claims=changed(CLAIMS, changes)))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"{",
        b"{}",
        b"\xff",
        b"[" * 3_000,
        b'{"exp":NaN}',
        b'{"exp":Infinity}',
        b'{"exp":' + b"9" * 5_000 + b"}",
    ],
)
def test_refuses_payloads_that_are_no_claims(tokens: JwtAccessTokens, payload: bytes) -> None:
    assert refuses(tokens, signed(json.dumps(HEADER).encode(), payload))


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"typ": "AT+JWT"},
        {"typ": "application/at+jwt"},
        {"typ": "mfa+jwt"},
        {"typ": "refresh+jwt"},
        {"typ": ""},
        {"typ": None},
        {"typ": ["at+jwt"]},
        {"typ": WITHOUT},
        {"kid": "unknown"},
        {"kid": ""},
        {"kid": None},
        {"kid": 0},
        {"kid": [HS256.kid]},
        {"kid": {HS256.kid: 1}},
        {"kid": "../../dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": WITHOUT},
        {"crit": []},
        {"crit": None},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": ["https://evil.example"], "https://evil.example": 1},
        {"alg": WITHOUT},
        {"alg": None},
        {"alg": ""},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "nOnE"},
        {"alg": "hs256"},
        {"alg": "HS384"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": "ES256"},
        {"alg": "dir"},
        {"alg": "A128KW"},
        {"alg": ["HS256"]},
        {"alg": {"HS256": 1}},
        {"alg": 256},
    ],
)
def test_refuses_wrong_headers(tokens: JwtAccessTokens, changes: Mapping[str, object]) -> None:
    assert refuses(tokens, forged(header=changed(HEADER, changes)))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b'"HS256"',
        b"{",
        b"\xff\xfe",
        b'{"alg":"HS256"}{}',
        b"[" * 6_000,
        b'{"alg":' * 800,
        b'{"kid":' + b"9" * 5_000 + b"}",
        b'{"kid":"\xff"}',
    ],
)
def test_refuses_headers_that_are_none(tokens: JwtAccessTokens, header: bytes) -> None:
    assert refuses(tokens, signed(header, json.dumps(CLAIMS).encode()))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AA", base64url(b"\0" * 32)])
def test_refuses_unsigned_tokens(tokens: JwtAccessTokens, algorithm: str, signature: str) -> None:
    header = json.dumps({**HEADER, "alg": algorithm}).encode()
    unsigned = f"{base64url(header)}.{base64url(json.dumps(CLAIMS).encode())}"
    assert refuses(tokens, f"{unsigned}.{signature}")
    assert refuses(tokens, unsigned)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_refuses_other_algorithms_of_the_same_key(tokens: JwtAccessTokens, algorithm: str) -> None:
    headers = {"typ": "at+jwt", "kid": HS256.kid}
    token = jws.sign(CLAIMS, SECRET, headers=headers, algorithm=algorithm)
    assert refuses(tokens, token)


def test_never_looks_where_a_header_points(tokens: JwtAccessTokens) -> None:
    attackers_key = {"kty": "oct", "alg": "HS256", "k": base64url(OTHER_SECRET), "kid": HS256.kid}
    pointers = {
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": [base64url(OTHER_SECRET)],
        "jwk": attackers_key,
    }
    assert refuses(tokens, forged(header={**HEADER, **pointers}, secret=OTHER_SECRET))
    assert whose(tokens.verify(forged(header={**HEADER, **pointers}))) == ANNS


def test_refuses_a_token_of_another_key(tokens: JwtAccessTokens) -> None:
    strangers = tokens_of(SigningKeys(TokenKey.hs256(OTHER_SECRET)))
    assert refuses(tokens, strangers.issue(ANN, SESSION).text)
    assert refuses(tokens, forged(secret=OTHER_SECRET))


def test_refuses_the_other_credentials_of_the_service(tokens: JwtAccessTokens) -> None:
    cursor = SignedCursors(SECRET).encode("lamps", Position(sort=(SortKey("id"),), values=("x",)))
    assert refuses(tokens, cursor)
    assert refuses(tokens, HmacRefreshSecrets(SECRET).fresh().text)
