"""A migration goes only where nobody can have applied it."""

import subprocess
from pathlib import Path

import pytest

from adapters.postgres.revision import newest_revision
from entrypoints.scaffold.applied import applied

BEFORE = {"0001_first": None, "0002_roles": "0001_first", "0018_job_traces": "0002_roles"}
GIT = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com")
PATH = "alembic/versions/never_made.py"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    git(tmp_path, "init", "--quiet")
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text('revision = "0019_never_made"\n')
    return tmp_path


def git(root: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=Orders")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann@127.0.0.1:9/away")


def test_the_database_says_what_it_has(
    root: Path, own_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", own_database_url)
    commit(root)

    missing = applied("0019_never_made", PATH, root, BEFORE)
    there = applied("0002_roles", PATH, root, {**BEFORE, newest_revision(): "0002_roles"})

    assert (missing.answer, missing.because) == (False, "the database never had its table")
    assert (there.answer, there.because) == (True, "the database has its table")


def test_a_database_that_was_never_made_has_nothing(root: Path) -> None:
    assert not applied("0019_never_made", PATH, root, BEFORE).answer
    assert not (root / "data").exists()


def test_where_no_database_answers_a_commit_may_have_been_applied(root: Path, away: None) -> None:
    assert applied("0019_never_made", PATH, root, BEFORE).because == (
        "no database answers, and its migration is not committed"
    )

    commit(root)

    found = applied("0019_never_made", PATH, root, BEFORE)
    assert (found.answer, found.because) == (
        True,
        "no database answers, and its migration is committed",
    )


def test_what_was_pushed_may_have_been_applied_by_others(root: Path) -> None:
    commit(root)
    git(root, "init", "--quiet", "--bare", "elsewhere.git")
    git(root, "remote", "add", "origin", "elsewhere.git")
    git(root, "push", "--quiet", "origin", "HEAD:main")

    found = applied("0019_never_made", PATH, root, BEFORE)

    assert (found.answer, found.because) == (True, "its migration is in a remote repository")
