"""What a person at a terminal is asked and shown."""

from pathlib import Path

import pytest

from tests.cli.commands import PASSWORD, Cli
from tests.cli.terminal import at_terminal


def test_asks_twice_for_a_password_and_does_not_show_it(cli: Cli) -> None:
    with at_terminal("users", "create", "ada@example.com", "--json") as sitting:
        sitting.terminal.answer("Password: ", PASSWORD)
        sitting.terminal.answer("Repeat for confirmation: ", "something else")
        sitting.terminal.answer("Password: ", PASSWORD)
        sitting.terminal.answer("Repeat for confirmation: ", PASSWORD)
    assert sitting.status == 0
    assert PASSWORD not in sitting.terminal.shown
    assert sitting.out.startswith('{\n  "id": ')
    assert len(cli("users", "list", "--json").items) == 1


@pytest.mark.parametrize(("typed", "status", "left"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_asks_before_it_destroys(cli: Cli, typed: str, status: int, left: int) -> None:
    cli.create_user("ada@example.com")
    with at_terminal("users", "delete", "ada") as sitting:
        sitting.terminal.answer("Delete the user ada? [y/N]: ", typed)
    assert sitting.status == status
    assert ("error: nothing was done" in sitting.terminal.shown) == bool(status)
    assert len(cli("users", "list", "--json").items) == left


def test_takes_no_answer_for_a_no(cli: Cli) -> None:
    with at_terminal("users", "delete", "ada") as sitting:
        sitting.terminal.answer("Delete the user ada? [y/N]: ", "\x04", end="")
    assert sitting.status == 1
    assert "error: nothing was done" in sitting.terminal.shown


def test_shows_a_bar_to_who_watches_an_import(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("email\n" + "".join(f"user{number}@example.com\n" for number in range(3000)))
    with at_terminal("users", "import", file) as sitting:
        pass
    assert (sitting.status, sitting.out) == (0, "imported 3000\n")
    assert "100%" in sitting.terminal.shown
    assert "kB" in sitting.terminal.shown


def test_tells_of_bad_rows_above_the_bar(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("email\nada@example.com\n[nobody]\n")
    with at_terminal("users", "import", file) as sitting:
        pass
    assert sitting.status == 1
    assert "line 3: email: must be an email address\r\n" in sitting.terminal.shown


def test_counts_the_rows_of_an_export(cli: Cli, tmp_path: Path) -> None:
    cli.create_user("ada@example.com")
    with at_terminal("users", "export", "--output", tmp_path / "users.csv") as sitting:
        pass
    assert sitting.status == 0
    assert "rows" in sitting.terminal.shown


def test_keeps_the_bar_out_of_what_is_shown(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    with at_terminal("users", "export", stdout_too=True) as sitting:
        pass
    assert sitting.terminal.shown.startswith('{"id":')
    assert "rows" not in sitting.terminal.shown


def test_shows_colours_at_a_terminal_only(cli: Cli) -> None:
    with at_terminal("roles", "show", "member", stdout_too=True) as sitting:
        pass
    assert "\x1b[1m" in sitting.terminal.shown
    assert "\x1b" not in cli("roles", "show", "member").out
