"""Where API keys come from."""

import pytest

from adapters.memory.security import PlainApiKeySecrets
from adapters.security.api_keys import Base62ApiKeySecrets
from application.access.ports import ApiKeySecrets
from domain.api_keys import API_KEY_MARK


@pytest.fixture(params=["memory", "base62"])
def secrets(request: pytest.FixtureRequest) -> ApiKeySecrets:
    return PlainApiKeySecrets() if request.param == "memory" else Base62ApiKeySecrets()


def test_each_is_fresh(secrets: ApiKeySecrets) -> None:
    made = [secrets.fresh() for _ in range(100)]

    assert len({secret.text for secret in made}) == 100
    assert len({secret.key_hash for secret in made}) == 100


def test_bears_the_mark_and_begins_with_what_is_shown_of_it(secrets: ApiKeySecrets) -> None:
    secret = secrets.fresh()

    assert secret.text.startswith(secret.prefix)
    assert secret.prefix.startswith(API_KEY_MARK)
    assert len(secret.prefix) < len(secret.text)


def test_what_is_stored_follows_from_what_its_owner_holds(secrets: ApiKeySecrets) -> None:
    secret = secrets.fresh()

    assert secrets.hash_of(secret.text) == secret.key_hash
    assert secret.text.encode() != secret.key_hash


@pytest.mark.parametrize(
    "junk",
    ["", "tsk_", " ", "\0", "\ud800", "tsk_\ud800", "tsk_é-é", "a.b.c", "tsk_" + "x" * 100_000],
    ids=range(9),
)
def test_junk_is_no_key(secrets: ApiKeySecrets, junk: str) -> None:
    assert secrets.hash_of(junk) is None


@pytest.mark.parametrize("wrap", ["{} ", " {}", "{}\n", "{}=", "{}A", "tsk_{}"])
def test_a_key_can_be_written_in_one_way_only(secrets: ApiKeySecrets, wrap: str) -> None:
    assert secrets.hash_of(wrap.format(secrets.fresh().text)) is None


def test_a_key_with_another_end_is_none(secrets: ApiKeySecrets) -> None:
    one, other = secrets.fresh().text, secrets.fresh().text

    assert secrets.hash_of(one[:-1] + ("0" if one[-1] != "0" else "1")) is None
    assert secrets.hash_of(one[:-1] + other[-1]) in {None, secrets.hash_of(one)}


def test_secrets_are_not_shown(secrets: ApiKeySecrets) -> None:
    secret = secrets.fresh()

    assert secret.text not in repr(secret)
    assert repr(secret.key_hash) not in repr(secret)
