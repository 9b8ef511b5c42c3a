"""Which of PostgreSQL's programs is taken, and what they are told."""

from pathlib import Path

import pytest

from adapters.postgres import dumps
from adapters.postgres.client_programs import ProgramMissing, find_program

NO_WHEEL = "no_such_package"


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """15, 17 and 18 beside each other, and one that does not run; none on the path."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    for version in (15, 17, 18):
        install(tmp_path / str(version) / "bin", f"echo 'pg_dump (PostgreSQL) {version}.2'")
    install(tmp_path / "16" / "bin", "exit 1")
    return tmp_path


def install(place: Path, script: str) -> Path:
    place.mkdir(parents=True)
    program = place / "pg_dump"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(("server", "taken"), [(15, 15), (16, 17), (17, 17), (18, 18)])
def test_takes_the_oldest_that_is_no_older_than_the_server(
    debian: Path, server: int, taken: int
) -> None:
    found = find_program("pg_dump", server=server, debian=debian, wheel=NO_WHEEL)
    assert found == debian / str(taken) / "bin" / "pg_dump"


def test_says_what_to_install_where_all_are_older(debian: Path) -> None:
    with pytest.raises(ProgramMissing, match="no pg_dump of PostgreSQL 19 or later"):
        find_program("pg_dump", server=19, debian=debian, wheel=NO_WHEEL)


def test_the_system_s_is_taken_before_another_of_its_version(
    debian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = install(tmp_path / "own", "echo 'pg_dump (PostgreSQL) 17.9'")
    monkeypatch.setenv("PATH", str(own.parent))
    assert find_program("pg_dump", server=17, debian=debian, wheel=NO_WHEEL) == own


def test_the_wheel_brings_one() -> None:
    assert find_program("pg_restore", server=18).is_file()


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://tessera:p%40ss-w0rd@db.example.com:6432/shop?sslmode=require",
        "postgresql://tessera@db.example.com:6432/shop?sslmode=require&password=p%40ss-w0rd",
    ],
)
def test_a_password_is_not_among_the_arguments_that_everybody_sees(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    script = (
        f'[ "$1" = --version ] && echo "(PostgreSQL) 99.1" && exit; echo "$PGPASSWORD $*" > {told}'
    )
    place = install(tmp_path / "own", script).parent
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")

    with (tmp_path / "dump").open("wb") as sink:
        dumps.dump(dsn, sink, lambda _count: None, server=99)

    password, arguments = told.read_text().split(" ", 1)
    assert password == "p@ss-w0rd"
    assert "w0rd" not in arguments
    assert "--dbname=postgresql://tessera@db.example.com:6432/shop?sslmode=require" in arguments
