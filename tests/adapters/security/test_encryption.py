"""What AES-GCM adds to the contract."""

import pytest

from adapters.security.encryption import AesGcmSecretCipher, DataKey
from domain.secrets import SealedSecret, UnreadableSecret

KEY = b"a key of the tests, and long enough"
SECRET = b"canary of 20 bytes.."
ANN = b"for Ann"


def test_nothing_of_the_secret_is_to_be_seen() -> None:
    sealed = AesGcmSecretCipher([KEY]).seal(SECRET, ANN)

    assert b"canary" not in sealed.data
    assert len(sealed.data) == 12 + len(SECRET) + 16


def test_the_same_secret_never_looks_the_same() -> None:
    cipher = AesGcmSecretCipher([KEY])

    assert len({cipher.seal(SECRET, ANN).data for _ in range(100)}) == 100


def test_every_changed_bit_is_noticed() -> None:
    cipher = AesGcmSecretCipher([KEY])
    sealed = cipher.seal(SECRET, ANN)

    for at in range(len(sealed.data) * 8):
        changed = bytearray(sealed.data)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(UnreadableSecret):
            cipher.open(SealedSecret(sealed.key_id, bytes(changed)), ANN)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27])
def test_what_is_too_short_is_refused(length: int) -> None:
    cipher = AesGcmSecretCipher([KEY])
    sealed = cipher.seal(SECRET, ANN)

    with pytest.raises(UnreadableSecret):
        cipher.open(SealedSecret(sealed.key_id, sealed.data[:length]), ANN)


def test_one_key_under_the_name_of_another_opens_nothing() -> None:
    other = b"another key of the tests, long enough"
    cipher = AesGcmSecretCipher([KEY, other])
    sealed = cipher.seal(SECRET, ANN)

    with pytest.raises(UnreadableSecret):
        cipher.open(SealedSecret(DataKey.of(other).key_id, sealed.data), ANN)


def test_a_keys_name_says_nothing_of_the_key() -> None:
    key = DataKey.of(KEY)

    assert DataKey.of(KEY).key_id == key.key_id
    assert len(key.key_id) == 12
    assert "tests" not in repr(key) + repr(AesGcmSecretCipher([KEY]))


def test_wants_a_key() -> None:
    with pytest.raises(ValueError, match="no key"):
        AesGcmSecretCipher([])
