"""API keys as text."""

import hashlib
import re
import zlib

import pytest

from adapters.security.api_keys import Base62ApiKeySecrets

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 62 + BASE62.index(digit)
    return value


def test_looks_as_scanners_for_leaked_secrets_expect() -> None:
    for _ in range(100):
        text = Base62ApiKeySecrets().fresh().text
        match = re.fullmatch(r"tsk_([0-9A-Za-z]{32})([0-9A-Za-z]{6})", text)
        assert match is not None
        assert number(match[2]) == zlib.crc32(match[1].encode())


def test_what_was_handed_out_once_stays_good() -> None:
    text = "tsk_0123456789ABCDEFGHIJKLMNOPQRSTUV1ggZdL"
    assert Base62ApiKeySecrets().hash_of(text) == hashlib.sha256(text.encode()).digest()


def test_enough_of_it_stays_unseen() -> None:
    secret = Base62ApiKeySecrets().fresh()
    unseen = 32 - (len(secret.prefix) - len("tsk_"))
    assert 62**unseen > 2**128
    assert 62**32 > 2**160


@pytest.mark.parametrize("place", range(4, 42))
def test_no_character_can_be_another(place: int) -> None:
    secrets = Base62ApiKeySecrets()
    text = secrets.fresh().text
    for character in BASE62.replace(text[place], ""):
        assert secrets.hash_of(text[:place] + character + text[place + 1 :]) is None
