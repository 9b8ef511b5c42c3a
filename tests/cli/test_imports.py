"""`tessera users import`, and with it how any file comes in."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import PROJECT, Cli, as_object

HEADER = "email,full_name,roles\n"
PEAK = """
import re, resource, sys
from pathlib import Path
from entrypoints.cli.main import run
status = run(sys.argv[1:])
# Linux counts the memory of whoever started a process towards its ru_maxrss.
found = Path("/proc/self/status")
kilobytes = (
    int(re.search(r"VmHWM:\\s+(\\d+) kB", found.read_text())[1])
    if found.exists()
    else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
)
print(kilobytes, file=sys.stderr)
sys.exit(status)
"""


def count(cli: Cli) -> object:
    return cli("users", "list", "--limit", "1", "--json").document["total"]


@pytest.fixture
def good_file(tmp_path: Path) -> Path:
    file = tmp_path / "users.csv"
    rows = ["ada@example.com,Ada,admin member", "bob@example.com,,", "cleo@example.com,'=Cleo,"]
    file.write_text(HEADER + "\n".join(rows))
    return file


def test_imports_csv(cli: Cli, good_file: Path) -> None:
    outcome = cli("users", "import", good_file)
    assert (outcome.status, outcome.out, outcome.err) == (0, "imported 3\n", "")
    ada, bob, cleo = cli("users", "list", "--sort", "email", "--json").items
    assert (ada["full_name"], ada["roles"]) == ("Ada", ["admin", "member"])
    assert (bob["full_name"], bob["roles"], bob["username"]) == (None, ["member"], "bob")
    assert cleo["full_name"] == "=Cleo"


def test_imports_ndjson(cli: Cli, tmp_path: Path) -> None:
    hashed = "$2b$04$abcdefghijklmnopqrstuuGcHTkQH7J8vWcb0gEW2pyYaVWjdBqbi"
    rows = [
        {"email": "ada@example.com", "roles": ["admin"], "is_active": False},
        {"email": "bob@example.com", "password_hash": hashed, "username": "Bobby"},
    ]
    file = tmp_path / "users.NDJSON"
    file.write_text("\n".join(map(json.dumps, rows)))
    assert cli("users", "import", file, "--json").document == {
        "imported": 2,
        "rejected": 0,
        "errors": [],
    }
    ada, bob = cli("users", "list", "--sort", "email", "--json").items
    assert (ada["roles"], ada["is_active"], bob["username"]) == (["admin"], False, "bobby")


def test_imports_standard_input_of_a_named_format(cli: Cli, good_file: Path) -> None:
    content = good_file.read_bytes()
    words = ("users", "import", "-")
    refusal = "-: say --format csv or --format ndjson"
    assert cli(*words, stdin=content).is_refused(refusal, status=2)
    assert cli(*words, "--format", "csv", stdin=content).out == "imported 3\n"


def test_a_named_format_wins_over_the_files_ending(cli: Cli, good_file: Path) -> None:
    named = good_file.rename(good_file.with_suffix(".json"))
    assert cli("users", "import", named).status == 2
    assert cli("users", "import", named, "--format", "csv").out == "imported 3\n"


@pytest.mark.parametrize("content", ["", HEADER])
def test_an_empty_file_imports_nobody(cli: Cli, content: str) -> None:
    outcome = cli("users", "import", "-", "--format", "csv", stdin=content)
    assert (outcome.status, outcome.out) == (0, "imported 0\n")


BAD = (
    f"{HEADER}ada@example.com,Ada,member\nnobody,Nobody,member\nada@EXAMPLE.com,Ada,\n"
    "bob@example.com,Bob\nbob@example.com,Bob,nosuch\n"
)


def test_names_each_bad_row_and_imports_none(cli: Cli) -> None:
    outcome = cli("users", "import", "-", "--format", "csv", stdin=BAD)
    assert (outcome.status, outcome.out) == (1, "")
    *found, last = outcome.err.splitlines()
    assert sorted(found) == [
        "line 3: email: must be an email address",
        "line 4: The email is taken.",
        "line 5: must have 3 cells as the header has, and has 2",
        "line 6: No such role.",
    ]
    assert last == "error: 4 of 5 rows are bad; nothing was imported"
    assert count(cli) == 0


def test_names_each_bad_row_to_programs(cli: Cli) -> None:
    outcome = cli("users", "import", "-", "--format", "csv", "--json", stdin=BAD)
    assert outcome.status == 1
    assert outcome.err == "error: 4 of 5 rows are bad; nothing was imported\n"
    document = as_object(json.loads(outcome.out))
    assert (document["imported"], document["rejected"]) == (0, 4)
    errors = document["errors"]
    assert isinstance(errors, list)
    found = [as_object(error) for error in errors]
    assert sorted((str(each["line"]), each["field"], each["code"]) for each in found) == [
        ("3", "email", "invalid_email"),
        ("4", "", "email_taken"),
        ("5", "", "wrong_cell_count"),
        ("6", "", "role_not_found"),
    ]
    assert all(each["detail"] for each in found)


def test_a_program_is_told_a_thousand_errors_and_the_exact_counts(cli: Cli) -> None:
    content = "email\n" + "nobody\n" * 2500 + "ada@example.com\n"
    outcome = cli("users", "import", "-", "--format", "csv", "--json", stdin=content)
    document = as_object(json.loads(outcome.out))
    assert (document["imported"], document["rejected"]) == (0, 2500)
    assert isinstance(document["errors"], list)
    assert len(document["errors"]) == 1000


def test_refuses_a_header_of_something_else(cli: Cli) -> None:
    outcome = cli("users", "import", "-", "--format", "csv", stdin="title\nLamp\nChair\n")
    fault, last = outcome.err.splitlines()
    assert fault == (
        "line 1: title: is no column; the header may name email, full_name, is_active,"
        " password_hash, roles, username"
    )
    assert last == "error: 1 of 1 rows are bad; nothing was imported"


@pytest.mark.parametrize("name", ["nosuch.csv", "."])
def test_refuses_a_file_that_is_none(cli: Cli, tmp_path: Path, name: str) -> None:
    outcome = cli("users", "import", tmp_path / name, "--format", "csv")
    assert outcome.status == 2
    assert re.fullmatch(r"error: .*(no such file or directory|is a directory)\n", outcome.err)


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_what_is_exported_can_be_imported(
    cli: Cli, good_file: Path, tmp_path: Path, suffix: str, own_database_url: str
) -> None:
    cli("users", "import", good_file)
    cli("users", "deactivate", "bob")
    exported = tmp_path / f"exported.{suffix}"
    cli("users", "export", "--output", exported)
    before = cli("users", "list", "--sort", "email", "--json").items
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("DATABASE_URL", own_database_url)
        assert cli("users", "import", exported).out == "imported 3\n"
        after = cli("users", "list", "--sort", "email", "--json").items
    fields = ("email", "username", "full_name", "is_active", "roles")
    assert [[user[field] for field in fields] for user in after] == [
        [user[field] for field in fields] for user in before
    ]


def test_many_rows_take_no_more_memory_than_few(cli: Cli, tmp_path: Path) -> None:
    """Measured from outside, as the client of the database has memory of its own; and without
    what measures coverage, which has some too, and is slow."""
    unmeasured = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")
    }
    peaks = []
    for rows in (1000, 20_000):
        file = tmp_path / f"{rows}.csv"
        padding = "x" * 200
        lines = [f"user{rows}-{number}@example.com,{padding}" for number in range(rows)]
        file.write_text("email,full_name\n" + "\n".join(lines))
        ended = subprocess.run(
            [sys.executable, "-c", PEAK, "users", "import", file],
            cwd=PROJECT,
            env=unmeasured,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ended.stdout == f"imported {rows}\n"
        peaks.append(int(ended.stderr))
    assert count(cli) == 21_000
    few, many = peaks
    assert many - few < 6 * 1024
