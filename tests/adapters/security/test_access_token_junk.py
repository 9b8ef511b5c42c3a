"""What is no access token is refused, whatever it is."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.access_tokens import JwtAccessTokens
from domain.access import NotAuthenticated
from domain.auth import TokenExpired
from tests.adapters.security.forging import (
    ANN,
    BASE64URL,
    CLAIMS,
    HEADER,
    HS256,
    SESSION,
    WatchedKeys,
    base64url,
    forged,
    refuses,
    tokens_of,
)


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
