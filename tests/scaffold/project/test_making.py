"""A project is made whole, or not at all."""

import re
from pathlib import Path

import pytest

from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.making import Project
from entrypoints.scaffold.project.name import BadProject, ProjectName
from entrypoints.scaffold.project.tree import Origin
from tests.scaffold.project.conftest import git

ACME = ProjectName("Acme Orders")
ORIGIN = Origin("0.1.0", "0123abc")


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who commits, with nothing of what is configured for whoever runs the tests."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The least that is one."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git("init", "--quiet", folder=folder)
    (folder / "requirements.lock").write_text("fastapi==0.165\n", encoding="utf-8")
    git("add", ".", folder=folder)
    git("commit", "--quiet", "--message=Begin", folder=folder)
    return folder


def a_project(path: Path) -> Project:
    files = {
        "README.md": File(b"# Acme Orders\n", is_executable=False),
        ".ci/run": File(b"#!/bin/sh\n", is_executable=True),
        ".gitignore": File(b"*.lock\n", is_executable=False),
        "requirements.lock": File(b"\n", is_executable=False),
    }
    return Project(ACME, path, files, ORIGIN)


@pytest.mark.parametrize("is_there", [False, True])
def test_is_its_own_first_commit(tmp_path: Path, *, is_there: bool) -> None:
    target = tmp_path / "acme"
    if is_there:
        target.mkdir()

    a_project(target).make()

    assert git("log", "--format=%s %an", folder=target) == (
        "Begin Acme Orders from Tessera 0.1.0 (0123abc) Ada\n"
    )
    assert git("status", "--porcelain", folder=target) == ""
    assert git("branch", "--show-current", folder=target) == "main\n"
    assert git("ls-files", "--stage", ".ci/run", folder=target).startswith("100755 ")
    assert "requirements.lock" in git("ls-files", folder=target)


def test_nothing_is_left_where_git_refuses(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    hook = hooks / "pre-commit"
    hook.write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    config = f"[core]\nhooksPath = {hooks}\n"
    (tmp_path / "gitconfig").write_text(config, encoding="utf-8")
    place = tmp_path / "place"
    place.mkdir()

    with pytest.raises(BadProject, match=r"\Agit commit: no such thing\Z"):
        a_project(place / "acme").make()

    assert list(place.iterdir()) == []


def test_nothing_is_left_where_somebody_was_quicker(tmp_path: Path) -> None:
    target = tmp_path / "place" / "acme"
    target.mkdir(parents=True)
    (target / "mine").touch()

    with pytest.raises(BadProject, match=re.escape(str(target))):
        a_project(target).make()

    assert list(tmp_path.glob("place/*")) == [target]
    assert list(target.iterdir()) == [target / "mine"]


def test_goes_on_where_a_hook_of_git_calls_it(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(checkout / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(checkout / ".git" / "index"))

    a_project(tmp_path / "acme").make()

    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert git("log", "--format=%s", folder=checkout) == "Begin\n"
    assert git("log", "--format=%an", folder=tmp_path / "acme") == "Ada\n"


def refusal(name: str, path: Path, checkout: Path) -> str:
    with pytest.raises(BadProject) as refused:
        Project.planned(ProjectName.of(name), path, checkout)
    return str(refused.value)


def test_what_is_there_already_is_refused(tmp_path: Path, checkout: Path) -> None:
    full, file = tmp_path / "full", tmp_path / "file"
    (full / "mine").mkdir(parents=True)
    file.touch()

    for path in (full, file):
        assert refusal("Acme", path, checkout) == f"{path} is there already, and not empty"


def test_a_folder_that_could_not_hold_it_is_refused(tmp_path: Path, checkout: Path) -> None:
    nowhere = tmp_path / "no" / "where"
    assert refusal("Acme", nowhere, checkout) == (
        f"there is no folder {nowhere.parent} to make it in"
    )
    inside = checkout / "acme"
    assert refusal("Acme", inside, checkout) == f"{inside} is inside the checkout of Tessera"


@pytest.mark.parametrize("name", ["fastapi", "pytest", "Git", "Tessera"])
def test_names_of_what_it_stands_on_are_refused(name: str, tmp_path: Path, checkout: Path) -> None:
    assert refusal(name, tmp_path / "made", checkout) == (
        f"{name.lower()} is the name of something that the project uses itself"
    )


def test_is_made_from_a_checkout_alone(tmp_path: Path, checkout: Path) -> None:
    installed = checkout / "site-packages"
    installed.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    for folder in (installed, outside):
        assert "is made from a git checkout of Tessera" in refusal("Acme", tmp_path / "a", folder)


def test_whoever_git_does_not_know_is_told_so_first(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "[user]\nuseConfigOnly = true\n"
    (tmp_path / "gitconfig").write_text(config, encoding="utf-8")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")

    assert refusal("Acme", tmp_path / "made", checkout).startswith("git var: ")
