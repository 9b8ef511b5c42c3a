"""Two servers that read from a standby of their database."""

from collections.abc import Iterator

import pytest

from adapters.postgres.migrations import upgrade
from tests.standby import Pair, primary_and_standby
from tests.system.service import (
    A_SUPERUSER,
    API,
    ROOT,
    Installation,
    Person,
    Server,
    eventually,
    sign_in,
)

READ = {"database": "ok", "migrations": "ok", "replica 1": "ok"}


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with primary_and_standby() as pair:
        upgrade(pair.primary.url)
        yield pair


@pytest.fixture
def servers(installation: Installation, pair: Pair) -> list[Server]:
    settings = {
        "DATABASE_URL": pair.primary.url,
        "DATABASE_REPLICA_URLS": pair.standby.url,
        # Servers that stand for one another call themselves by one name.
        "PUBLIC_BASE_URL": "http://tessera.example",
        "ALLOWED_HOSTS": "*",
        **A_SUPERUSER,
    }
    servers = [installation.serve(**settings) for _ in range(2)]
    for server in servers:
        wait_until_replicas_are_read(server.wait_until_ready())
    return servers


def wait_until_replicas_are_read(server: Server) -> None:
    eventually(lambda: checks(server) == READ or None, "a replica that is read")


def checks(server: Server) -> dict[str, str]:
    answer = server.http.get("/health/ready")
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()["checks"]
    return found


def create_and_find(person: Person, writer: Server, reader: Server) -> None:
    """Change by one server, and see it at once through another: alone, and in a list."""
    headers = person.headers
    created = writer.http.post(f"{API}/roles", json={"name": "editor"}, headers=headers)
    assert created.status_code == 201, created.text
    place = created.headers["Location"]
    assert reader.http.get(place, headers=headers).json() == created.json()
    changed = writer.http.patch(place, json={"description": "Edits"}, headers=headers)
    assert changed.status_code == 200, changed.text
    listed = reader.http.get(f"{API}/roles?sort=-created_at&limit=1", headers=headers)
    assert listed.json()["items"] == [changed.json()]
    writer.http.delete(place, headers=headers)
    assert reader.http.get(place, headers=headers).status_code == 404


def test_what_one_server_changes_the_other_shows_at_once_whatever_becomes_of_the_replica(
    servers: list[Server], pair: Pair
) -> None:
    one, other = servers
    root = sign_in(one, ROOT)
    for writer, reader in [(one, other), (other, one), (one, one)] * 5:
        create_and_find(root, writer, reader)

    with pair.standby.frozen():
        create_and_find(root, one, other)
        create_and_find(root, other, one)
        assert checks(one) == READ | {"replica 1": "unreachable"}
    for server in servers:
        wait_until_replicas_are_read(server)
    create_and_find(root, one, other)

    pair.standby.stop()
    create_and_find(root, one, other)
    create_and_find(root, other, one)
    assert checks(one) == READ | {"replica 1": "unreachable"}
    pair.standby.start()
    for server in servers:
        wait_until_replicas_are_read(server)
    create_and_find(root, other, one)
