"""A project without items has nothing that is theirs."""

import re
from collections.abc import Mapping

import pytest

from entrypoints.scaffold.migrations import revisions_in
from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.making import HERE
from entrypoints.scaffold.project.name import BadProject
from entrypoints.scaffold.project.tree import LEFT_OUT
from entrypoints.scaffold.project.without_items import ITEMS, SHARED, without_items
from entrypoints.scaffold.record import MIGRATIONS

Tree = Mapping[str, File]

OTHERS = re.compile(
    r"""\.items\b | (?<=["'])items(?=["']) | \bitems:\s(?:list|Sequence)\[ | \bdef\ items\(self\)
    | \bitems\ =\ \[ | \b(?:Page|Catalogue)\(items= | ^\s+items=\[
    | (?:min|max)Items | typeddict-item | attachment;
    | collection_modifyitems | pytest\.Item | ^\s+items(?:\[:\]|\.sort).*
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What a page has, and what libraries call theirs."""
ABOUT = re.compile("item|attachment|upload|quota|import_rejected", re.IGNORECASE)
TOLD_OTHERWISE = ("docs/decisions/", "CHANGELOG.md")


@pytest.fixture(scope="module")
def without(files: Tree) -> Tree:
    pruned = without_items(files, HERE)
    return {path: file for path, file in pruned.items() if not path.startswith(LEFT_OUT)}


def test_nothing_names_them(without: Tree) -> None:
    left = [
        f"{path}: {line.strip()}"
        for path, file in without.items()
        if not path.startswith(TOLD_OTHERWISE)
        for line in (path, *(file.text or "").splitlines())
        if ABOUT.search(line) and ITEMS.are_in(OTHERS.sub("", line))
    ]
    assert left == []


def test_nothing_goes_but_what_is_theirs(without: Tree, files: Tree) -> None:
    gone = {path for path in files.keys() - without.keys() if not path.startswith(LEFT_OUT)}
    assert {path for path in gone if not ITEMS.are_in(path)} == {
        "adapters/cache/__init__.py",
        "tests/http/openapi/files.txt",
    }
    assert {"domain/items.py", "application/attachments/attach_file.py"} < gone


def test_migrations_follow_each_other(without: Tree) -> None:
    before = revisions_in(
        file.text or "" for path, file in without.items() if path.startswith(MIGRATIONS)
    )
    assert len(set(before) - set(before.values())) == 1
    assert set(before.values()) - set(before) == {None}
    assert len(set(before.values())) == len(before)


def test_a_place_that_has_nothing_of_them_is_told(files: Tree) -> None:
    path, other = SHARED[0], File(b"", is_executable=False)
    with pytest.raises(BadProject, match=f"{re.escape(path)} is said to have something of items"):
        without_items({**files, path: other}, HERE)
    with pytest.raises(BadProject, match=f"{re.escape(path)} is not there"):
        without_items({name: file for name, file in files.items() if name != path}, HERE)
