"""Where refresh tokens come from."""

import pytest

from adapters.memory.security import PlainRefreshSecrets
from adapters.security.refresh_secrets import HmacRefreshSecrets
from application.auth.ports import RefreshSecrets


@pytest.fixture(params=["memory", "hmac"])
def secrets(request: pytest.FixtureRequest) -> RefreshSecrets:
    if request.param == "memory":
        return PlainRefreshSecrets()
    return HmacRefreshSecrets(b"a secret of the tests, long enough")


def test_each_is_fresh(secrets: RefreshSecrets) -> None:
    made = [secrets.fresh() for _ in range(100)]

    assert len({secret.text for secret in made}) == 100
    assert len({secret.token_hash for secret in made}) == 100


def test_what_is_stored_follows_from_what_its_owner_holds(secrets: RefreshSecrets) -> None:
    fresh = secrets.fresh()
    successor = secrets.successor(fresh.text)

    assert secrets.hash(fresh.text) == fresh.token_hash
    assert secrets.hash(successor.text) == successor.token_hash


def test_a_token_has_one_successor(secrets: RefreshSecrets) -> None:
    first, other = secrets.fresh(), secrets.fresh()

    assert secrets.successor(first.text) == secrets.successor(first.text)
    assert secrets.successor(first.text) != first
    assert secrets.successor(first.text) != secrets.successor(other.text)


def test_no_chain_runs_in_a_circle(secrets: RefreshSecrets) -> None:
    texts = [secrets.fresh().text]
    for _ in range(100):
        texts.append(secrets.successor(texts[-1]).text)

    assert len(set(texts)) == 101


@pytest.mark.parametrize("text", ["", "unknown", "\0", "\ud800", "é", "x" * 100_000], ids=range(6))
def test_clients_may_send_anything(secrets: RefreshSecrets, text: str) -> None:
    assert secrets.hash(text) == secrets.hash(text)
    assert secrets.hash(text) != secrets.hash(f"{text}x")
    assert secrets.successor(text).text != text


def test_secrets_are_not_shown(secrets: RefreshSecrets) -> None:
    fresh = secrets.fresh()

    assert fresh.text not in repr(fresh)
    assert repr(fresh.token_hash) not in repr(fresh)
