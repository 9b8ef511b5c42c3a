"""One secret, many keys."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from adapters.security.keys import derive_key, load_or_create_secret

SECRET = b"a secret for tests, longer than 32 bytes"
KNOWN_KEY = "16f3cf05b89a9663d75054f526f40078fc566e47d237499ae52ac8c488d57001"


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert derive_key(SECRET, "one") != derive_key(SECRET, "other")


def test_each_secret_gives_other_keys() -> None:
    assert derive_key(SECRET, "one") != derive_key(SECRET + b"!", "one")


def test_keys_stay_the_same_between_releases() -> None:
    # HKDF-SHA256 without salt, worked out by hand from RFC 5869.
    assert derive_key(SECRET, "one").hex() == KNOWN_KEY


def test_makes_a_secret_for_its_owners_eyes_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "secret"
    secret = load_or_create_secret(path)
    assert len(secret) == 64
    assert set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keeps_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert load_or_create_secret(path) == load_or_create_secret(path)


def test_two_services_have_different_secrets(tmp_path: Path) -> None:
    assert load_or_create_secret(tmp_path / "one") != load_or_create_secret(tmp_path / "other")


def test_reads_a_secret_that_someone_put_there(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("  mine, and it has more than 32 characters \n")
    assert load_or_create_secret(path) == "mine, and it has more than 32 characters"


@pytest.mark.parametrize("kept", ["", "\n", "short"])
def test_refuses_a_file_that_holds_no_secret(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "secret"
    path.write_text(kept)
    with pytest.raises(ValueError, match="at least 32 characters") as refusal:
        load_or_create_secret(path)
    assert "short" not in str(refusal.value)
    assert path.read_text() == kept


def test_all_who_start_at_once_get_the_same(tmp_path: Path) -> None:
    racers = 8
    barrier = Barrier(racers)

    def start(path: Path) -> str:
        barrier.wait(timeout=10)
        return load_or_create_secret(path)

    with ThreadPoolExecutor(racers) as threads:
        for number in range(20):
            folder = tmp_path / str(number)
            secrets = set(threads.map(start, [folder / "secret"] * racers))
            assert len(secrets) == 1
            assert [path.name for path in folder.iterdir()] == ["secret"]
