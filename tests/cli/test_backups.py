"""`tessera db backup` and `tessera db restore`."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from adapters.postgres.revision import newest_revision
from tests.cli.commands import Cli, start
from tests.postgres_server import fresh_database

HEAD = newest_revision()
ROWS = 300
PATIENCE = 60.0


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def backup(cli: Cli, tmp_path: Path) -> Path:
    """Of some accounts, as the command made it."""
    rows = tmp_path / "users.csv"
    rows.write_text("email\n" + "".join(f"user{number}@example.com\n" for number in range(ROWS)))
    assert cli("users", "import", rows).status == 0
    path = tmp_path / "tessera.backup"
    outcome = cli("db", "backup", "--output", path)
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    return path


def contents(url: str) -> dict[str, str]:
    """Every table's rows, and what the tables are made with, as text that can be compared."""

    async def read() -> dict[str, str]:
        connection = await asyncpg.connect(url)
        try:
            names = await connection.fetch(
                "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE nspname = 'public' AND relkind = 'r' ORDER BY relname"
            )
            found = {
                row["relname"]: str(await connection.fetchval(_ROWS_OF.format(row["relname"])))
                for row in names
            }
            for what, question in _MADE_WITH.items():
                found[what] = "\n".join(
                    sorted(str(row[0]) for row in await connection.fetch(question))
                )
            return found
        finally:
            await connection.close()

    return asyncio.run(read())


_ROWS_OF = 'SELECT string_agg(row::text, chr(10) ORDER BY row::text) FROM "{}" AS row'
_MADE_WITH = {
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "columns": "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' ||"
    " coalesce(column_default, '') || is_nullable FROM information_schema.columns"
    " WHERE table_schema = 'public'",
}


def test_a_backup_restored_into_an_empty_database_is_the_same(
    cli: Cli,
    backup: Path,
    environment: pytest.MonkeyPatch,
    database_url: str,
    empty_url: str,
) -> None:
    before = contents(database_url)
    environment.setenv("DATABASE_URL", empty_url)

    assert cli("db", "restore", backup, "--json").document == {"revision": HEAD, "head": HEAD}

    after = contents(empty_url)
    assert len(after["users"].splitlines()) == ROWS
    assert after["triggers"]
    assert after == before
    assert cli("db", "check").status == 0
    assert cli("audit", "verify").status == 0


def test_goes_through_a_pipe(
    cli: Cli, backup: Path, environment: pytest.MonkeyPatch, database_url: str, empty_url: str
) -> None:
    with start(["db", "backup"]) as process:
        piped, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, b"")
    environment.setenv("DATABASE_URL", empty_url)

    assert cli("db", "restore", "-", stdin=piped).status == 0

    assert contents(empty_url) == contents(database_url)


def test_a_backup_is_for_its_owner_alone(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0


def test_restores_into_nothing_but_an_empty_database(
    cli: Cli, backup: Path, database_url: str
) -> None:
    before = contents(database_url)

    assert cli("db", "restore", backup).is_refused(
        "the database is not empty: restore into one that was just made"
    )
    assert contents(database_url) == before


def test_a_backup_that_was_cut_off_restores_nothing(
    cli: Cli, backup: Path, environment: pytest.MonkeyPatch, empty_url: str
) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: len(whole) - 2_000])
    environment.setenv("DATABASE_URL", empty_url)

    outcome = cli("db", "restore", backup)

    assert outcome.status == 1
    assert outcome.err.startswith("error: pg_restore: ")
    assert len(outcome.err.splitlines()) == 1
    assert not contents(empty_url)["columns"]


def test_what_is_no_backup_is_refused(
    cli: Cli, environment: pytest.MonkeyPatch, empty_url: str, tmp_path: Path
) -> None:
    text = tmp_path / "text"
    text.write_text("nothing of the kind")
    environment.setenv("DATABASE_URL", empty_url)

    assert cli("db", "restore", text).is_refused(
        "pg_restore: did not find magic string in file header"
    )
    assert cli("db", "restore", tmp_path / "nosuch").is_refused(
        f"{tmp_path / 'nosuch'}: no such file or directory", status=2
    )


def test_a_failed_backup_leaves_no_file(
    cli: Cli, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    assert cli("db", "backup", "--output", directory / "tessera.backup").status == 1
    assert not list(directory.iterdir())
