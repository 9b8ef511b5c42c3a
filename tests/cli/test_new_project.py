"""What `new project` asks, and what it refuses."""

from pathlib import Path

import pytest

from tests.cli.commands import Cli
from tests.cli.terminal import at_terminal


@pytest.fixture
def nowhere(environment: pytest.MonkeyPatch) -> Cli:
    return Cli()


@pytest.mark.parametrize("words", [(), ("acme",), ("--name", "Acme Orders")])
def test_asks_nobody_where_nobody_is(nowhere: Cli, words: tuple[str, ...]) -> None:
    outcome = nowhere("new", "project", *words)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.endswith(": \nerror: nobody answers: say PATH and --name\n")


def test_a_bad_name_is_told_in_one_line(nowhere: Cli, tmp_path: Path) -> None:
    outcome = nowhere("new", "project", tmp_path / "acme", "--name", "Acme & Co")
    assert outcome.is_refused(
        "Acme & Co is no name for a project: write words of a-z and 0-9, "
        "the first beginning with a letter"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_bad_name_is_told_before_the_folder_is_asked_for(tmp_path: Path) -> None:
    with at_terminal("new", "project") as sitting:
        sitting.terminal.answer("Name, as people say it: ", "9 Lives")
    assert sitting.status == 1
    assert "9 Lives is no name for a project" in sitting.terminal.shown
