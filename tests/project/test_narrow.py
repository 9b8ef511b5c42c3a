"""A project is made, is in order, and serves: what can be seen of it within a minute."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import at_terminal
from tests.project.made import HERE, NAME, SLUG, Made, environment
from tests.project.serving import served


def test_begins_with_one_commit_and_nothing_left_over(made: Made) -> None:
    assert made.run("git", "rev-list", "--count", "HEAD") == "1\n"
    assert made.run("git", "status", "--porcelain") == ""


def test_is_in_shape(made: Made) -> None:
    made.python("ruff", "format", "--check", ".")
    made.python("ruff", "check", ".")
    made.run(Path(sys.executable).with_name("lint-imports"))


def test_is_typed(made: Made) -> None:
    cache = HERE / ".mypy_cache"
    if cache.is_dir():
        # Most of it is of libraries, which are the same.
        shutil.copytree(cache, made.folder / ".mypy_cache")
    made.python("mypy")


def test_passes_a_part_of_its_own_tests(made: Made) -> None:
    made.python("pytest", "-q", "-n", "2", "tests/architecture", "tests/http/test_openapi.py")


def test_grows_features_but_no_projects(made: Made) -> None:
    new = ("entrypoints.cli.main", "new")
    listing = made.python(*new, "feature", "invoice", "--field", "number:str", "--dry-run")
    assert "domain/invoices.py" in listing
    assert "project" not in made.python(*new, "--help")


def test_serves_under_its_own_name(made: Made) -> None:
    with served(made, [sys.executable, "-m", "entrypoints.cli.main", "serve"]) as client:
        assert client.get("/").json()["name"] == NAME
        described = client.get("/api/v1/openapi.json").json()
    assert described["info"]["title"] == NAME
    assert ("/api/v1/items" in described["paths"]) == made.has_items
    assert (made.folder / f".{SLUG}" / "postgres").is_dir()
    assert made.run("git", "status", "--porcelain") == ""


def test_shows_whoever_is_asked_what_it_is_going_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in environment().items():
        monkeypatch.setenv(key, value)
    folder = tmp_path / "orders"

    with at_terminal("new", "project") as sitting:
        sitting.terminal.answer("Name, as people say it: ", "Acme Orders")
        sitting.terminal.answer(f"Folder [../{SLUG}]: ", os.fspath(folder))
        sitting.terminal.answer("With items, a resource to learn from? [Y/n]: ", "")
        sitting.terminal.answer("Make it? [y/N]: ", "no")
    assert sitting.status == 1
    assert str(folder) in sitting.out
    assert not folder.exists()

    with at_terminal("new", "project", folder) as sitting:
        sitting.terminal.answer("Name, as people say it: ", "Acme Orders")
        sitting.terminal.answer("With items, a resource to learn from? [Y/n]: ", "no")
        sitting.terminal.answer("Make it? [y/N]: ", "yes")
    assert sitting.status == 0
    assert f"cd {folder}" in sitting.out
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Acme Orders\n")
    assert not (folder / "domain/items.py").exists()
