"""What a project is made of, and what is left in it of the name that this service has."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.making import HERE
from entrypoints.scaffold.project.name import MOST_LETTERS, BadProject, ProjectName
from entrypoints.scaffold.project.renaming import lines_with_old_name
from entrypoints.scaffold.project.tree import Origin, tree_of

ORIGIN = Origin("0.1.0", "0123abc")
ACME = ProjectName("Acme Orders")
LONGEST = ProjectName("Acme Orders And Deliveries Hub")
PICTURE = File(b"\x89PNG\xff tessera", is_executable=False)

Tree = Mapping[str, File]


def text_of(tree: Tree, path: str) -> str:
    return tree[path].content.decode()


@pytest.fixture(scope="module")
def acme(files: Tree) -> Tree:
    more = {
        "docs/picture.png": PICTURE,
        "bin/run": File(b"exec tessera serve\n", is_executable=True),
    }
    return tree_of(ACME, ORIGIN, {**files, **more}, HERE)


def test_the_longest_name_is_as_long_as_a_name_can_be() -> None:
    assert len(LONGEST.title) == MOST_LETTERS


def test_the_old_name_is_left_only_where_it_is_told_what_it_was_made_from(acme: Tree) -> None:
    left: dict[str, list[str]] = {}
    for path, file in acme.items():
        text = file.content.decode("utf-8", "ignore").replace(str(ORIGIN), "")
        if not path.startswith("docs/decisions/") and (lines := lines_with_old_name(text)):
            left[path] = lines
        assert not lines_with_old_name(path)

    assert left == {
        "LICENSE": ["Copyright (c) 2026 The Tessera developers"],
        "docs/picture.png": ["PNG tessera"],
    }


def test_no_line_gets_too_long(files: Tree, tmp_path: Path) -> None:
    """Where this fails, have the line leave room: a shorter sentence, or `domain.service_name`."""
    for path, file in tree_of(LONGEST, ORIGIN, files, HERE).items():
        if path.endswith(".py") or path == "pyproject.toml":
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(file.content)
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select=E501", "--quiet"]
    command = [*ruff, "--output-format=concise", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == []


def test_says_of_itself_what_it_is(acme: Tree) -> None:
    project = tomllib.loads(text_of(acme, "pyproject.toml"))["project"]
    readme = text_of(acme, "README.md")

    assert (project["name"], project["version"]) == ("acme-orders", "0.1.0")
    assert project["description"] == "Acme Orders"
    assert project["scripts"] == {"acme-orders": "entrypoints.cli.main:main"}
    assert "license" not in project
    assert readme.startswith("# Acme Orders\n")
    assert str(ORIGIN) in readme
    assert text_of(acme, "CHANGELOG.md").endswith(f"### Added\n\n- All that {ORIGIN} does.\n")


def test_decisions_and_the_licence_come_along_as_they_are(acme: Tree, files: Tree) -> None:
    kept = [path for path in files if path.startswith(("docs/decisions/", "LICENSE"))]
    assert len(kept) > 40
    assert [path for path in kept if acme[path] != files[path]] == []


def test_makes_no_projects_in_turn(acme: Tree) -> None:
    about = re.compile(
        r"new project|new_project|a project\.\"|test-project|scaffold.project|adding/project"
    )
    assert [
        path
        for path, file in acme.items()
        if not path.startswith("docs/decisions/")
        and (about.search(path) or about.search(file.content.decode("utf-8", "replace")))
    ] == []
    assert len(acme) > len([path for path in acme if path.endswith(".py")]) > 500


def test_what_is_no_text_is_left_alone(acme: Tree) -> None:
    assert acme["docs/picture.png"] == PICTURE


def test_what_is_executable_stays_so(acme: Tree, files: Tree) -> None:
    assert acme[".ci/run"].is_executable == files[".ci/run"].is_executable
    assert acme["bin/run"].content == b"exec acme-orders serve\n"
    assert acme["bin/run"].is_executable


def test_an_edit_that_finds_nothing_to_change_is_told(files: Tree) -> None:
    other = File(b"# Another service\n", is_executable=False)
    without = {path: file for path, file in files.items() if path != "README.md"}
    for unlike in (without, {**files, "README.md": other}):
        with pytest.raises(BadProject, match=r"README\.md: .* is there 0 times"):
            tree_of(ACME, ORIGIN, unlike, HERE)
