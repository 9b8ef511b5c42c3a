"""`tessera db`."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from adapters.postgres import migrations
from adapters.postgres.revision import newest_revision
from tests.cli.commands import Cli

HEAD = newest_revision()


@pytest.fixture
def own(environment: pytest.MonkeyPatch, own_database_url: str) -> Cli:
    """On a database that a test may break."""
    environment.setenv("DATABASE_URL", own_database_url)
    return Cli()


def test_goes_down_and_up(own: Cli) -> None:
    assert own("db", "downgrade", "base", "--yes", "--json").document == {
        "revision": None,
        "head": HEAD,
    }
    assert own("db", "current").out == f"revision  -\nhead      {HEAD}\n"
    assert own("db", "upgrade", "--json").document["revision"] == HEAD
    assert own("db", "current", "--json").document == {"revision": HEAD, "head": HEAD}


def test_downgrades_nothing_without_a_yes(own: Cli) -> None:
    assert own("db", "downgrade").is_refused("no terminal to ask for a yes: use --yes")
    assert own("db", "current", "--json").document["revision"] == HEAD


def test_checks_that_the_tables_are_as_in_the_code(own: Cli) -> None:
    assert own("db", "check").out == f"the database is at {HEAD}, and as the code has it\n"
    assert own("db", "check", "--json").document == {"revision": HEAD, "head": HEAD, "drift": []}


def test_finds_a_database_that_is_behind(own: Cli) -> None:
    own("db", "downgrade", "base", "--yes")
    refusal = f"the database is at None, and {HEAD} is the newest revision"
    assert own("db", "check").is_refused(refusal)
    outcome = own("db", "check", "--json")
    assert outcome.status == 1
    assert '"revision": null' in outcome.out


def test_finds_a_database_that_has_drifted(own: Cli, own_database_url: str) -> None:
    async def drift() -> None:
        connection = await asyncpg.connect(own_database_url)
        await connection.execute("DROP INDEX ix_users_deleted_at; DROP INDEX ix_jobs_queue")
        await connection.close()

    asyncio.run(drift())
    outcome = own("db", "check")
    assert outcome.status == 1
    lines = outcome.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: the database differs: ") for line in lines)


@pytest.mark.parametrize("command", ["upgrade", "downgrade"])
def test_refuses_an_unknown_revision(own: Cli, command: str) -> None:
    options = ["--yes"] if command == "downgrade" else []
    outcome = own("db", command, "nosuch", *options)
    assert outcome.status == 1
    assert outcome.err == "error: Can't locate revision identified by 'nosuch'\n"


def test_writes_a_migration(own: Cli, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def write(dsn: str, message: str) -> Path:
        asked.append(message)
        print("Generating")
        return tmp_path / "made.py"

    environment.setattr(migrations, "revise", write)
    outcome = own("db", "revision", "Add wishes")
    assert (outcome.out, outcome.err) == (f"{tmp_path / 'made.py'}\n", "Generating\n")
    assert own("db", "revision", "x", "--json").document == {"path": str(tmp_path / "made.py")}
    assert asked == ["Add wishes", "x"]
