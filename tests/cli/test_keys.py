"""`tessera keys`."""

import pytest

from adapters.security.access_tokens import TokenKey
from entrypoints.settings.loading import load_settings
from entrypoints.settings.rules import MIN_SECRET_BYTES
from entrypoints.signing_keys import signing_keys
from tests.cli.commands import Cli


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_new_key_signs(cli: Cli, environment: pytest.MonkeyPatch, algorithm: str) -> None:
    pem = cli("keys", "generate", "--algorithm", algorithm).out
    environment.setenv("JWT_ALGORITHM", algorithm)
    environment.setenv("JWT_PRIVATE_KEYS", pem)

    keys = signing_keys(load_settings(), b"a secret that is not asked for here")

    assert keys.current.algorithm == algorithm
    assert keys.current.kid == TokenKey.from_pem(pem).kid


def test_a_new_secret_is_long_enough(cli: Cli) -> None:
    secrets = {cli("keys", "generate", "--algorithm", "HS256").out.strip() for _ in range(3)}

    assert len(secrets) == 3
    assert all(len(secret.encode()) >= MIN_SECRET_BYTES for secret in secrets)


def test_a_program_is_told_what_the_key_is_called(cli: Cli) -> None:
    shown = cli("keys", "generate", "--json").document

    assert shown["algorithm"] == "ES256"
    assert shown["kid"] == TokenKey.from_pem(str(shown["key"])).kid


def test_refuses_other_algorithms(cli: Cli) -> None:
    assert cli("keys", "generate", "--algorithm", "none").status == 2
