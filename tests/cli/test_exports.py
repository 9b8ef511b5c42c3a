"""`tessera users export`, and with it how any file goes out."""

import csv
import io
import json
import os
import stat
from pathlib import Path

import pytest

from entrypoints.http.users.shapes import UserShape
from tests.cli.commands import Cli

FIELDS = list(UserShape.model_fields)


@pytest.fixture
def peopled(cli: Cli) -> Cli:
    cli.create_user("ada@example.com", "--full-name", "=1+1", "--role", "admin", "--role", "member")
    cli.create_user("bob@example.com", "--inactive")
    return cli


def test_exports_ndjson_as_the_api_shows_it(peopled: Cli) -> None:
    exported = [json.loads(line) for line in peopled("users", "export").out.splitlines()]
    assert exported == peopled("users", "list", "--sort", "created_at", "--json").items


def test_exports_csv_that_no_spreadsheet_runs(peopled: Cli) -> None:
    exported = peopled("users", "export", "--format", "csv").out
    header, ada, bob = csv.reader(io.StringIO(exported, newline=""))
    assert header == FIELDS
    assert (ada[FIELDS.index("full_name")], bob[FIELDS.index("full_name")]) == ("'=1+1", "")
    assert ada[FIELDS.index("roles")] == "admin member"
    assert (ada[FIELDS.index("is_active")], bob[FIELDS.index("is_active")]) == ("true", "false")
    shown = peopled("users", "show", "ada", "--json").document
    assert ada[FIELDS.index("created_at")] == shown["created_at"]


def test_exports_what_is_asked_for(peopled: Cli) -> None:
    for options in (("--inactive",), ("--q", "bob")):
        [line] = peopled("users", "export", *options).out.splitlines()
        assert json.loads(line)["username"] == "bob"
    assert peopled("users", "export", "--role", "nosuch").out == ""


def test_writes_a_file_whole_and_for_its_owner_alone(peopled: Cli, tmp_path: Path) -> None:
    target = tmp_path / "users.csv"
    target.write_text("what was there before")
    outcome = peopled("users", "export", "--output", target)
    assert (outcome.status, outcome.out) == (0, "")
    assert target.read_text().startswith("id,email,username,")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_leaves_what_was_there_where_it_fails(
    peopled: Cli, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = tmp_path / "users.csv"
    target.write_text("what was there before")
    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert peopled("users", "export", "--output", target).status == 1
    assert target.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [target]


def test_follows_a_link(peopled: Cli, tmp_path: Path) -> None:
    target, link = tmp_path / "users.csv", tmp_path / "latest.csv"
    link.symlink_to(target)
    peopled("users", "export", "--output", link)
    assert link.is_symlink()
    assert target.read_text().startswith("id,")


def test_writes_into_a_pipe_and_does_not_replace_it(peopled: Cli, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert peopled("users", "export", "--output", pipe).status == 0
        assert os.read(reader, 1_000_000).count(b"\n") == 2
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_dash_is_standard_output(peopled: Cli) -> None:
    assert len(peopled("users", "export", "--output", "-").out.splitlines()) == 2


def test_refuses_a_folder_that_is_none(peopled: Cli, tmp_path: Path) -> None:
    target = tmp_path / "nosuch" / "users.csv"
    assert peopled("users", "export", "--output", target).is_refused(
        f"{target}: No such file or directory"
    )
