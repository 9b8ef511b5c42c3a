"""`tessera audit`"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import asyncpg
import pytest

from domain.text import Json
from tests.cli.commands import Cli


@pytest.fixture
def sealed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Json]:
    """Three accounts that were made, and the chain of it."""
    monkeypatch.setattr("application.audit.seal_audit.DELAY", timedelta(0))
    for name in ("ada", "bob", "cleo"):
        cli.create_user(f"{name}@example.com")
    return cli("audit", "seal", "--json").document


@pytest.fixture
def tamper(database_url: str) -> Callable[[str], None]:
    """As a superuser of the database, whom no trigger stops."""

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(
            database_url, server_settings={"session_replication_role": "replica"}
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def execute_apart(statement: str) -> None:
        # There may be a loop in this thread already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, execute(statement)).result()

    return execute_apart


def test_lists_who_did_what_to_whom(cli: Cli) -> None:
    ada = cli.create_user("ada@example.com")
    cli.create_user("bob@example.com")

    first, second = cli("audit", "list", "--json").items

    assert (first["event"], second["event"]) == ("signed_up", "signed_up")
    assert (second["actor_kind"], second["target_id"]) == ("system", ada["id"])
    [only] = cli("audit", "list", "--target", "ada", "--json").items
    assert only["target_id"] == ada["id"]
    assert cli("audit", "list", "--actor", "ada", "--json").items == []
    assert cli("audit", "list", "--event", "signed_in", "--json").items == []
    assert cli("audit", "list", "--event", "nonsense").status == 2
    assert "signed_up" in cli("audit", "list").out


def test_seals_and_verifies(cli: Cli, sealed: Mapping[str, Json]) -> None:
    assert (sealed["sealed"], sealed["sequence"]) == (3, 3)
    end = f"the chain ends at 3:{sealed['seal']}"

    assert cli("audit", "seal").out == "sealed 0\n" + end + "\n"
    assert cli("audit", "verify").out.splitlines() == ["3 sealed, 0 not yet: nothing is wrong", end]
    assert cli("audit", "verify", "--known", f"3:{sealed['seal']}").status == 0
    assert cli("audit", "verify", "--known", "nonsense").status == 2


def test_an_empty_trail_is_whole(cli: Cli) -> None:
    assert cli("audit", "verify").out == "0 sealed, 0 not yet: nothing is wrong\n"


def test_names_what_was_changed(
    cli: Cli, sealed: Mapping[str, Json], tamper: Callable[[str], None]
) -> None:
    tamper("UPDATE audit SET event = 'signed_out' WHERE sequence = 2")
    changed = cli("audit", "list", "--event", "signed_out", "--json").items[0]["id"]

    outcome = cli("audit", "verify")

    assert outcome.is_refused(
        f"{changed} (2): was changed, or never written by the service", "1 flaws in the trail"
    )


def test_names_what_is_missing(
    cli: Cli, sealed: Mapping[str, Json], tamper: Callable[[str], None]
) -> None:
    tamper("DELETE FROM audit WHERE sequence >= 2")

    assert cli("audit", "verify").is_refused("2 to 3 missing", "1 flaws in the trail")


def test_tells_programs_as_well(
    cli: Cli, sealed: Mapping[str, Json], tamper: Callable[[str], None]
) -> None:
    tamper("UPDATE audit SET details = '[1.5]' WHERE sequence = 1")

    outcome = cli("audit", "verify", "--json")

    assert outcome.status == 1
    assert '"kind": "changed"' in outcome.out


def test_knows_a_trail_that_was_put_back(
    cli: Cli, sealed: Mapping[str, Json], tamper: Callable[[str], None]
) -> None:
    tamper("DELETE FROM audit; DELETE FROM audit_head")

    assert cli("audit", "verify").status == 0
    assert cli("audit", "verify", "--known", f"3:{sealed['seal']}").is_refused(
        "the chain does not hold the known seal of 3", "1 flaws in the trail"
    )
