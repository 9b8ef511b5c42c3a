"""Which keys sign and which only verify, by the settings."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.security.access_tokens import TokenKey
from adapters.security.generation import generate_key
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings
from entrypoints.settings.sources import SettingsError
from entrypoints.signing_keys import signing_keys

SECRET = "a secret of the tests, and of nobody else"
OLD_SECRET = "the secret of the tests before that one, forgotten soon"
FIRST, SECOND = generate_key("ES256"), generate_key("ES256")
PUBLIC = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def settings_with(**values: object) -> Settings:
    return load_settings(_env_file=None, secret_key=SECRET, **values)


def faults(**values: object) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        settings_with(**values)
    return refusal.value.faults


def kids(settings: Settings) -> list[str]:
    keys = signing_keys(settings, SECRET.encode())
    return [key.kid for key in (keys.current, *keys.retired)]


def kid(pem: str) -> str:
    return TokenKey.from_pem(pem).kid


def test_the_secret_signs_by_default() -> None:
    assert kids(settings_with()) == [TokenKey.hs256(SECRET.encode()).kid]


def test_the_first_key_signs_and_all_verify() -> None:
    chosen = settings_with(jwt_algorithm="ES256", jwt_private_keys=[FIRST, SECOND, PUBLIC])

    assert kids(chosen) == [kid(FIRST), kid(SECOND), kid(PUBLIC)]


def test_the_secret_before_still_verifies() -> None:
    secret, old = (TokenKey.hs256(each.encode()).kid for each in (SECRET, OLD_SECRET))

    assert kids(settings_with(secret_key_previous=OLD_SECRET)) == [secret, old]
    chosen = settings_with(
        jwt_algorithm="ES256", jwt_private_keys=[FIRST], secret_key_previous=SECRET
    )
    assert kids(chosen) == [kid(FIRST), secret]


def test_keys_can_be_named_by_path_and_share_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = tmp_path / "keys.pem"
    both.write_text(f"# the keys\n{FIRST}\n{SECOND}")
    monkeypatch.setenv("JWT_PRIVATE_KEYS", f"{both}")
    assert kids(settings_with(jwt_algorithm="ES256")) == [kid(FIRST), kid(SECOND)]

    monkeypatch.delenv("JWT_PRIVATE_KEYS")
    monkeypatch.setenv("JWT_PRIVATE_KEYS_FILE", f"{both}")
    assert kids(settings_with(jwt_algorithm="ES256")) == [kid(FIRST), kid(SECOND)]


def test_a_key_may_hold_its_line_breaks_as_two_characters() -> None:
    chosen = settings_with(jwt_algorithm="ES256", jwt_private_keys=[FIRST.replace("\n", "\\n")])

    assert kids(chosen) == [kid(FIRST)]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"jwt_algorithm": "ES256"}, "JWT_PRIVATE_KEYS: must begin with a private ES256 key"),
        (
            {"jwt_algorithm": "RS256", "jwt_private_keys": [FIRST]},
            "JWT_PRIVATE_KEYS: must begin with a private RS256 key",
        ),
        (
            {"jwt_algorithm": "ES256", "jwt_private_keys": [PUBLIC, FIRST]},
            "JWT_PRIVATE_KEYS: must begin with a private ES256 key",
        ),
        (
            {"jwt_private_keys": [FIRST, FIRST]},
            "JWT_PRIVATE_KEYS: must not name a key twice",
        ),
        (
            {"jwt_private_keys": ["/nowhere/key.pem"]},
            "JWT_PRIVATE_KEYS: must be PEM texts, or paths of PEM files that can be read",
        ),
        (
            {"jwt_private_keys": ["-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----"]},
            "JWT_PRIVATE_KEYS: must be a PEM key without a passphrase",
        ),
        ({"secret_key_previous": "short"}, "SECRET_KEY_PREVIOUS: must have at least 32 bytes"),
        ({"secret_key_previous": SECRET}, "SECRET_KEY_PREVIOUS: must differ from SECRET_KEY"),
    ],
)
def test_names_what_is_wrong_with_the_keys(values: dict[str, object], fault: str) -> None:
    assert faults(**values) == [fault]
