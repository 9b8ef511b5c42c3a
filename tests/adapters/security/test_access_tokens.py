"""Access tokens: what is issued verifies, and nothing else does."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import attrs
import joserfc.jwk
import joserfc.jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from jose import jws, jwt
from jose.backends.base import Key

from adapters.memory.clock import CountingIds, FixedClock
from adapters.security.access_tokens import Algorithm, JwtAccessTokens, SigningKeys, TokenKey
from adapters.security.cursors import SignedCursors
from adapters.security.refresh_secrets import HmacRefreshSecrets
from application.auth.ports import AccessClaims
from application.paging import Position, SortKey
from domain.access import NotAuthenticated, SessionId, UserId
from domain.auth import TokenExpired

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


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def tokens(clock: FixedClock) -> JwtAccessTokens:
    return tokens_of(clock=clock)


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


def test_refuses_every_change_of_a_character(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(ANN, SESSION).text
    for place, original in enumerate(token):
        for other in {"A", "_", "9", "."} - {original}:
            assert refuses(tokens, token[:place] + other + token[place + 1 :])


def test_refuses_every_other_spelling_of_the_signature(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(ANN, SESSION).text
    for other in set(BASE64URL) - {token[-1]}:
        assert refuses(tokens, token[:-1] + other)
    assert refuses(tokens, token + "=")
    assert refuses(tokens, token.replace("_", "/").replace("-", "+") + "=")


def test_refuses_a_changed_payload_under_the_old_signature(tokens: JwtAccessTokens) -> None:
    header, _, signature = tokens.issue(ANN, SESSION).text.split(".")
    payload = base64url(json.dumps({**CLAIMS, "sub": str(UUID(int=1))}).encode())
    assert refuses(tokens, f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("addition", [" ", "\n", "\t", ".", "A", "=", "\0", "é", "\ud800", "!"])
def test_refuses_additions(tokens: JwtAccessTokens, addition: str) -> None:
    token = tokens.issue(ANN, SESSION).text
    header, payload, signature = token.split(".")
    assert refuses(tokens, token + addition)
    assert refuses(tokens, addition + token)
    assert refuses(tokens, f"{header}{addition}.{payload}.{signature}")
    assert refuses(tokens, f"{header}.{payload}{addition}.{signature}")


@pytest.mark.parametrize(
    "junk",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "A.A.A",
        "eyJ.eyJ.eyJ",
        "null.null.null",
        "====.====.====",
        "\0.\0.\0",
        "é.é.é",
        "\ud800",
        "Bearer x",
        "A" * 9_000,
        "." * 8_192,
        "A" * 1_000_000,
    ],
)
def test_refuses_junk(tokens: JwtAccessTokens, junk: str) -> None:
    assert refuses(tokens, junk)


ANY_TEXT = st.text(st.characters(codec=None))


@given(ANY_TEXT | st.lists(st.text(BASE64URL), min_size=3, max_size=5).map(".".join))
def test_refuses_any_junk(junk: str) -> None:
    assert refuses(tokens_of(), junk)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(HEADER)), st.sampled_from(sorted(CLAIMS)), ANY_JSON, ANY_JSON)
def test_refuses_any_junk_that_is_signed(
    name: str, claim: str, header_value: object, claim_value: object
) -> None:
    header = {**HEADER, name: header_value}
    try:
        tokens_of().verify(forged(header=header, claims={**CLAIMS, claim: claim_value}))
    except (NotAuthenticated, TokenExpired):
        pass
    else:
        # Good by chance: any text names a token, and any earlier time is a time.
        assert header == HEADER
        assert claim in {"jti", "iat", "nbf"}


def test_refuses_the_longest_tokens_unread() -> None:
    keys = WatchedKeys(HS256)
    long = forged(claims={**CLAIMS, "pad": "x" * 8_192})
    assert refuses(tokens_of(keys), long)
    assert keys.asked == []


def test_refuses_the_other_credentials_of_the_service(tokens: JwtAccessTokens) -> None:
    cursor = SignedCursors(SECRET).encode("items", Position(sort=(SortKey("id"),), values=("x",)))
    assert refuses(tokens, cursor)
    assert refuses(tokens, HmacRefreshSecrets(SECRET).fresh().text)


def test_lives_for_its_lifetime_and_no_longer(tokens: JwtAccessTokens, clock: FixedClock) -> None:
    token = tokens.issue(ANN, SESSION).text
    clock.advance(LIFETIME - MICROSECOND)
    assert whose(tokens_of(clock=clock).verify(token)) == ANNS
    clock.advance(MICROSECOND)
    with pytest.raises(TokenExpired):
        tokens_of(clock=clock).verify(token)


def test_a_remembered_token_expires_as_well(tokens: JwtAccessTokens, clock: FixedClock) -> None:
    token = tokens.issue(ANN, SESSION).text
    clock.advance(LIFETIME - MICROSECOND)
    assert whose(tokens.verify(token)) == whose(tokens.verify(token)) == ANNS
    clock.advance(MICROSECOND)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            tokens.verify(token)


def test_an_expired_token_must_still_be_ours_to_be_called_expired(
    tokens: JwtAccessTokens, clock: FixedClock
) -> None:
    clock.advance(2 * LIFETIME)
    with pytest.raises(TokenExpired):
        tokens.verify(forged())
    assert refuses(tokens, forged(secret=OTHER_SECRET))
    assert refuses(tokens, forged(claims={**CLAIMS, "aud": "another"}))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_is_not_good_before_its_time(claim: str) -> None:
    clock = FixedClock(NOON - SKEW - MICROSECOND)
    token = forged(claims=changed({**CLAIMS, "iat": NOW - 60, "nbf": NOW - 60}, {claim: NOW}))
    assert refuses(tokens_of(clock=clock), token)
    clock.advance(MICROSECOND)
    assert whose(tokens_of(clock=clock).verify(token)) == ANNS


def test_the_system_time_does_not_matter() -> None:
    for year in (1971, 2099):
        tokens = tokens_of(clock=FixedClock(datetime(year, 6, 1, tzinfo=UTC)))
        assert whose(tokens.verify(tokens.issue(ANN, SESSION).text)) == ANNS


def test_checks_a_signature_once() -> None:
    keys = WatchedKeys(HS256)
    tokens = tokens_of(keys)
    token = tokens.issue(ANN, SESSION).text
    assert [whose(tokens.verify(token)) for _ in range(5)] == [ANNS] * 5
    assert len(keys.asked) == 1


def test_remembers_no_refusal() -> None:
    keys = WatchedKeys(HS256)
    tokens = tokens_of(keys)
    bad = forged(secret=OTHER_SECRET)
    assert refuses(tokens, bad)
    assert len(keys.asked) == 2
    assert not tokens._remembered


def test_remembers_so_many_and_forgets_the_oldest_first() -> None:
    keys = WatchedKeys(HS256)
    tokens = tokens_of(keys, remembers=3)
    issued = [tokens.issue(ANN, SESSION).text for _ in range(10)]
    for token in issued:
        tokens.verify(token)
        assert len(tokens._remembered) <= 3
    asked = len(keys.asked)
    for token in issued[-3:]:
        tokens.verify(token)
    assert len(keys.asked) == asked
    assert whose(tokens.verify(issued[0])) == ANNS
    assert len(keys.asked) == asked + 1


def test_forgets_what_has_expired(tokens: JwtAccessTokens, clock: FixedClock) -> None:
    token = tokens.issue(ANN, SESSION).text
    tokens.verify(token)
    clock.advance(LIFETIME)
    with pytest.raises(TokenExpired):
        tokens.verify(token)
    assert not tokens._remembered


def test_keeps_no_token(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(ANN, SESSION).text
    tokens.verify(token)
    assert list(tokens._remembered) == [hashlib.sha256(token.encode()).digest()]


def test_two_verifiers_remember_apart(tokens: JwtAccessTokens) -> None:
    token = tokens.issue(ANN, SESSION).text
    tokens.verify(token)
    assert refuses(tokens_of(SigningKeys(TokenKey.hs256(OTHER_SECRET))), token)


def test_shows_no_secret(tokens: JwtAccessTokens) -> None:
    issued = tokens.issue(ANN, SESSION)
    tokens.verify(issued.text)
    shown = repr(tokens) + repr(issued) + repr(HS256) + repr(tokens.keys)
    assert "secret for tests" not in shown
    assert issued.text not in shown
    assert hashlib.sha256(issued.text.encode()).hexdigest() not in shown
