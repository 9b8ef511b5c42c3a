"""Secrets that have to be read again."""

import attrs
import pytest

from adapters.memory.security import PlainSecretCipher
from adapters.security.encryption import AesGcmSecretCipher
from application.auth.ports import SecretCipher
from domain.secrets import SealedSecret, UnreadableSecret

SECRET = b"\x00\xff twenty bytes of it"
ANN, BOB = b"for Ann", b"for Bob"


@attrs.frozen
class Ciphers:
    """Of one service through a rotation of keys."""

    before: SecretCipher
    during: SecretCipher
    after: SecretCipher


@pytest.fixture(params=["memory", "aes-gcm"])
def ciphers(request: pytest.FixtureRequest) -> Ciphers:
    if request.param == "memory":
        return Ciphers(
            PlainSecretCipher("old"),
            PlainSecretCipher("new", frozenset({"old"})),
            PlainSecretCipher("new"),
        )
    old, new = b"the old key of the tests, long enough", b"the new key of the tests, long enough"
    return Ciphers(
        AesGcmSecretCipher([old]), AesGcmSecretCipher([new, old]), AesGcmSecretCipher([new])
    )


def test_opens_what_it_sealed(ciphers: Ciphers) -> None:
    sealed = ciphers.before.seal(SECRET, ANN)

    assert sealed.key_id == ciphers.before.key_id
    assert ciphers.before.open(sealed, ANN) == SECRET


def test_what_is_for_one_purpose_is_not_opened_for_another(ciphers: Ciphers) -> None:
    sealed = ciphers.before.seal(SECRET, ANN)

    with pytest.raises(UnreadableSecret):
        ciphers.before.open(sealed, BOB)


def test_an_older_key_opens_and_the_first_one_seals(ciphers: Ciphers) -> None:
    old = ciphers.before.seal(SECRET, ANN)
    new = ciphers.during.seal(SECRET, ANN)

    assert ciphers.during.open(old, ANN) == SECRET
    assert new.key_id == ciphers.after.key_id != old.key_id
    assert ciphers.after.open(new, ANN) == SECRET
    assert set(ciphers.during.key_ids) == {ciphers.before.key_id, ciphers.after.key_id}


def test_a_key_that_is_gone_opens_nothing(ciphers: Ciphers) -> None:
    with pytest.raises(UnreadableSecret):
        ciphers.after.open(ciphers.before.seal(SECRET, ANN), ANN)


def test_no_key_is_taken_for_another(ciphers: Ciphers) -> None:
    sealed = ciphers.before.seal(SECRET, ANN)

    with pytest.raises(UnreadableSecret):
        ciphers.after.open(SealedSecret("unheard-of", sealed.data), ANN)
