"""What all commands have in common: help, completion, failures and exit statuses."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from domain.access import Permission
from domain.service_name import NAME
from entrypoints.cli import session
from entrypoints.cli.main import FEATURES
from tests.cli.commands import PROJECT, SETTINGS, Cli, start

_CHOICES = f"Choose from: {', '.join(Permission)}"
UNREACHABLE = "postgresql://nobody:hush@127.0.0.1:1/nothing"


@pytest.fixture
def nowhere(environment: pytest.MonkeyPatch) -> Cli:
    """Where there is no database."""
    environment.setenv("DATABASE_URL", UNREACHABLE)
    return Cli()


@pytest.mark.parametrize("words", [("--help",), ()])
def test_names_every_feature(nowhere: Cli, words: tuple[str, ...]) -> None:
    outcome = nowhere(*words)
    assert outcome.status == 0
    for name, (_, words_of_help) in FEATURES.items():
        assert name in outcome.out
        assert words_of_help in outcome.out


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_has_help_that_begins_as_announced(nowhere: Cli, feature: str) -> None:
    outcome = nowhere(feature, "--help")
    assert outcome.status == 0
    assert f"tessera {feature} " in outcome.out
    assert "--install-completion" not in outcome.out


def test_help_imports_no_feature() -> None:
    """Each takes most of a second, the list of them a fraction."""
    script = (
        "import sys\nfrom entrypoints.cli.main import run\nrun(['--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    loaded = {module.partition(".")[0] for module in ended.stderr.split()}
    assert "typer" in loaded
    assert loaded.isdisjoint({"sqlalchemy", "alembic", "fastapi", "pydantic", "asyncpg"})


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("opnapi",), "No such command 'opnapi'. Did you mean 'openapi'? (see {name} --help)"),
        (("users", "shw"), "No such command 'shw'. Did you mean 'show'? (see {name} users --help)"),
        (("users",), "Missing command. (see {name} users --help)"),
        (("users", "show"), "Missing argument 'USER'. (see {name} users show --help)"),
        (
            ("users", "show", "a", "--colour"),
            "No such option: --colour (see {name} users show --help)",
        ),
        (
            ("authz", "explain", "ann"),
            f"Missing argument 'PERMISSION'. {_CHOICES} (see {{name}} authz explain --help)",
        ),
    ],
)
def test_a_wrong_word_is_told_in_one_line(
    nowhere: Cli, words: tuple[str, ...], refusal: str
) -> None:
    assert nowhere(*words).is_refused(refusal.format(name=NAME), status=2)


def test_names_every_fault_of_the_settings(nowhere: Cli, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PORT", "high")
    environment.setenv("SECRET_KEY", "hush")
    outcome = nowhere("users", "list")
    assert outcome.status == 2
    assert [line[:20] for line in outcome.err.splitlines()] == [
        "error: PORT: Input s",
        "error: SECRET_KEY: m",
    ]
    assert "hush" not in outcome.err


@pytest.mark.parametrize(
    "words", [("users", "list"), ("db", "current"), ("db", "upgrade"), ("users", "export")]
)
def test_tells_in_one_line_that_the_database_is_away(nowhere: Cli, words: tuple[str, ...]) -> None:
    outcome = nowhere(*words)
    assert (outcome.status, outcome.out) == (1, "")
    [line] = outcome.err.splitlines()
    assert line.startswith("error: the database does not answer: ")
    assert "hush" not in line


def test_brings_a_database_up_to_date_in_development(
    environment: pytest.MonkeyPatch, own_database_url: str
) -> None:
    environment.setenv("DATABASE_URL", own_database_url)
    cli = Cli()
    assert cli("db", "downgrade", "base", "--yes").status == 0
    assert cli("roles", "show", "member").status == 0


def test_leaves_a_database_as_it_is_elsewhere(
    environment: pytest.MonkeyPatch, own_database_url: str
) -> None:
    environment.setenv("DATABASE_URL", own_database_url)
    cli = Cli()
    assert cli("db", "downgrade", "base", "--yes").status == 0
    environment.setenv("ENVIRONMENT", "staging")
    outcome = cli("roles", "show", "member")
    assert outcome.is_refused("migrations are missing: run `tessera db upgrade`")
    assert cli("db", "upgrade").status == 0
    assert cli("roles", "show", "member").status == 0


def test_a_bug_is_told_without_a_traceback(nowhere: Cli, environment: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise LookupError("no such thing\nat all")

    environment.setattr(session, "load_settings", broken)
    outcome = nowhere("users", "list")
    assert outcome.is_refused("unexpected LookupError: no such thing (LOG_LEVEL=debug says more)")
    environment.setenv("LOG_LEVEL", "debug")
    assert "Traceback" in nowhere("users", "list").err


def test_completes_commands_and_options(environment: pytest.MonkeyPatch) -> None:
    def completed(line: str) -> list[str]:
        words = line.split(" ")
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        ended = subprocess.run(
            [sys.executable, "-m", "entrypoints.cli.main"],
            cwd=PROJECT,
            env={**os.environ, **asked, "_TESSERA_COMPLETE": "complete_bash"},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.split()

    assert completed("tessera ") == list(FEATURES)
    assert "users" in completed("tessera us")
    assert completed("tessera users de") == ["deactivate", "delete"]
    assert "--password-stdin" in completed("tessera users create --p")


def test_shows_what_a_shell_needs_to_complete(
    nowhere: Cli, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    outcome = nowhere("--show-completion", "bash")
    assert outcome.status == 0
    assert "_TESSERA_COMPLETE=complete_bash" in outcome.out


def waiting_import(database_url: str) -> "subprocess.Popen[bytes]":
    """A process that has stored some rows, and waits for the rest."""
    process = start(
        ["users", "import", "-", "--format", "csv"],
        {**os.environ, **SETTINGS, "DATABASE_URL": database_url},
    )
    assert process.stdin is not None
    rows = (f"user{number}@example.com\n".encode() for number in range(10_000))
    process.stdin.write(b"email\n" + b"".join(rows))
    process.stdin.flush()
    return process


async def in_the_middle_of_its_work(database_url: str) -> None:
    """Wait until it has begun its transaction."""
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(30):
            while not await connection.fetchval(  # noqa: ASYNC110 - PostgreSQL tells when asked
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = $1 AND state = 'idle in transaction'",
                NAME,
            ):
                await asyncio.sleep(0.02)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_ends_quietly_when_it_is_told_to(cli: Cli, number: int, status: int) -> None:
    with waiting_import(os.environ["DATABASE_URL"]) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            asyncio.run(in_the_middle_of_its_work(os.environ["DATABASE_URL"]))
            process.send_signal(number)
            assert process.wait(30) == status
            assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
        finally:
            process.kill()
    assert cli("users", "list", "--json").items == []


def test_ends_quietly_when_nobody_reads_on(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("email\n" + "".join(f"user{number}@example.com\n" for number in range(5000)))
    assert cli("users", "import", file).status == 0
    with start(["users", "export"]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"id":')
        process.stdout.close()
        assert process.wait(20) == 1
        assert process.stderr.read() == b""


def test_ends_quietly_when_nobody_reads_at_all(cli: Cli) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with start(["roles", "list"], stdout=writer) as process:
        os.close(writer)
        assert process.stderr is not None
        assert process.wait(20) == 1
        assert process.stderr.read() in {b"", b"2 of 2\n"}
