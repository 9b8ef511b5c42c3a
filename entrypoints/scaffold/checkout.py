"""The tree that features are made in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs

from entrypoints.scaffold.feature import Target
from entrypoints.scaffold.migrations import revisions_in
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.parsing import Surroundings
from entrypoints.scaffold.record import Record
from entrypoints.scaffold.rendering import Migration
from entrypoints.scaffold.words import Words

_MARKS = (
    "pyproject.toml",
    "domain/access.py",
    "application/unit_of_work.py",
    "adapters/postgres/tables.py",
    "alembic/versions",
    "entrypoints/scaffold/templates",
)
LAYERS = ("domain", "application", "adapters", "entrypoints")
_MODULES = (
    "domain",
    "application",
    "adapters/memory",
    "adapters/postgres",
    "entrypoints/http",
    "entrypoints/cli",
)
_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
_TABLE = re.compile(r"__tablename__ = \"(\w+)\"")
_PERMISSION = re.compile(r"= \"(\w+):\w+\"")
_PORT = re.compile(r"^    def (\w+)\(self\) ->", re.MULTILINE)
_COMMAND = re.compile(r"^    \"([a-z-]+)\": \(", re.MULTILINE)
_NAMED_IN = (
    (_PORT, "the unit of work has {}", "application/unit_of_work.py"),
    (_PERMISSION, "there are permissions for {}", "domain/access.py"),
    (_COMMAND, "there is a command {}", "entrypoints/cli/main.py"),
)

_NEVER_MADE = {
    "users": Target(
        singular=Words("user"),
        plural=Words("users"),
        is_owned=True,
        soft_deletes=True,
        id_module="domain.access",
    ),
    "items": Target(
        singular=Words("item"),
        plural=Words("items"),
        is_owned=True,
        soft_deletes=True,
        goes_in_parts=True,
        id_module="domain.items",
    ),
}
"""What was there before any feature was made, and may be gone by now."""


def classes_in(source: str) -> Sequence[str]:
    return _CLASS.findall(source)


class NoCheckout(Exception):
    """There is no tree here that features can be made in."""

    def __init__(self) -> None:
        super().__init__("this is no checkout of the service: features are made in its own folder")


@attrs.frozen
class Checkout:
    root: Path

    @classmethod
    def around(cls, folder: Path) -> "Checkout":
        """The one that the folder is in; raise `NoCheckout`."""
        for each in (folder, *folder.parents):
            if all((each / mark).exists() for mark in _MARKS):
                return cls(each)
        raise NoCheckout

    @property
    def templates(self) -> Path:
        return self.root / "entrypoints/scaffold/templates"

    def read(self, path: str) -> str | None:
        """None where there is no such file."""
        file = self.root / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    @property
    def records(self) -> Mapping[str, Record]:
        """Of the features that were made here, by their plurals in snake case."""
        return Record.all_in(self.root)

    @property
    def packages(self) -> frozenset[str]:
        """Names that our own modules begin with."""
        return frozenset(each.name for each in self.root.iterdir() if each.is_dir())

    def surroundings(self) -> Surroundings:
        targets = {
            name: target
            for name, target in _NEVER_MADE.items()
            if (self.root / "application" / name).is_dir()
        }
        targets |= {name: record.target for name, record in self.records.items()}
        return Surroundings(taken=dict(self._taken()), targets=targets)

    def _taken(self) -> Iterator[tuple[str, str]]:
        for name, path in self.classes.items():
            if path.startswith("domain/"):
                yield Words.of(name).snake, f"{path} has a {name}"
        for found, what, path in _NAMED_IN:
            for name in found.findall(self.read(path) or ""):
                yield name.replace("-", "_"), what.format(name)
        for folder in _MODULES:
            for file in (self.root / folder).iterdir():
                if file.suffix == ".py" or (file / "__init__.py").is_file():
                    yield file.stem, f"{folder}/{file.name} is there"
        for name in self._tables:
            yield name, f"there is a table {name}"
        for record in self.records.values():
            yield record.singular_words.snake, f"there is a feature {record.plural}"
            yield record.plural_words.snake, f"there is a feature {record.plural}"

    @property
    def _tables(self) -> Iterator[str]:
        for file in (self.root / "adapters/postgres").glob("*.py"):
            yield from _TABLE.findall(file.read_text(encoding="utf-8"))

    @property
    def classes(self) -> Mapping[str, str]:
        """Where each is defined."""
        return {
            name: file.relative_to(self.root).as_posix()
            for layer in LAYERS
            for file in (self.root / layer).rglob("*.py")
            for name in classes_in(file.read_text(encoding="utf-8"))
        }

    @property
    def migrations(self) -> Iterator[tuple[str, str]]:
        """Their paths, each with its text."""
        for file in sorted((self.root / "alembic/versions").glob("*.py")):
            yield file.relative_to(self.root).as_posix(), file.read_text(encoding="utf-8")

    @property
    def revisions(self) -> Mapping[str, str | None]:
        """Each with the one that it follows."""
        return revisions_in(text for _, text in self.migrations)

    def migration_of(self, name: str, today: date) -> Migration:
        """The next one; raise `BadFeature` where it is not clear which comes before it."""
        before = self.revisions
        heads = set(before) - set(before.values())
        if len(heads) != 1:
            raise BadFeature(
                f"there are {len(heads)} newest migrations ({', '.join(sorted(heads))}): merge them"
            )
        numbers = [int(found[0]) for each in before if (found := re.match(r"\d+", each))]
        return Migration(
            revision=f"{max(numbers, default=0) + 1:04}_{name}",
            down_revision=heads.pop(),
            created=today,
        )
