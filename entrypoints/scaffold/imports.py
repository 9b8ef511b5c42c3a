"""Import statements, put among others where ruff would sort them."""

import ast
import re
import sys
from collections.abc import Sequence

import attrs

from entrypoints.scaffold.places import NoPlace, Place

Import = ast.Import | ast.ImportFrom


@attrs.frozen
class ImportLine:
    """A statement of its own, on as many lines as it takes."""

    text: str
    statement: Import

    @classmethod
    def all_of(cls, source: str) -> "Sequence[ImportLine]":
        lines = source.splitlines(keepends=True)
        return [
            cls("".join(lines[each.lineno - 1 : each.end_lineno]), each)
            for each in ast.parse(source).body
            if isinstance(each, Import)
        ]


def place_of_import(source: str, line: ImportLine, first_party: frozenset[str]) -> Place:
    """Raise `NoPlace` where it would have to be written into a statement that is there."""
    present = [each for each in ast.parse(source).body if isinstance(each, Import)]
    if not present:
        raise NoPlace("there are no imports to put others among")
    wanted = line.statement
    for each in present:
        if _module(each) == _module(wanted) and not (_renames(each) or _renames(wanted)):
            raise NoPlace(f"{_module(wanted)} is imported from already")
    section = _section(wanted, first_party)
    alike = [each for each in present if _section(each, first_party) == section]
    if not alike:
        return Place(after=present[-1].end_lineno or 0, blank_before=1)
    for each in alike:
        if _key(wanted) < _key(each):
            return Place(after=each.lineno - 1)
    return Place(after=alike[-1].end_lineno or 0)


def is_imported(line: str, source: str) -> bool:
    """Whether what the line imports is there, from the same module."""
    [wanted] = ImportLine.all_of(line)
    return any(
        _module(each.statement) == _module(wanted.statement)
        and _names(wanted.statement) <= _names(each.statement)
        for each in ImportLine.all_of(source)
    )


def is_used(line: str, source: str) -> bool:
    """Whether what the line imports is named elsewhere, in what need be no Python any more."""
    [wanted] = ImportLine.all_of(line)
    elsewhere = source.replace(line, "")
    return any(re.search(rf"\b{name}\b", elsewhere) for name in _names(wanted.statement))


def _names(statement: Import) -> frozenset[str]:
    return frozenset(alias.asname or alias.name for alias in statement.names)


def _module(statement: Import) -> str:
    if isinstance(statement, ast.ImportFrom):
        return statement.module or ""
    return statement.names[0].name


def _renames(statement: Import) -> bool:
    return any(alias.asname is not None for alias in statement.names)


def _section(statement: Import, first_party: frozenset[str]) -> int:
    root = _module(statement).partition(".")[0]
    if root == "__future__":
        return 0
    if root in first_party:
        return 3
    return 1 if root in sys.stdlib_module_names else 2


def _key(statement: Import) -> tuple[bool, Sequence[tuple[int, int | str]], str]:
    natural = [
        (0, int(part)) if part.isdigit() else (1, part)
        for part in re.split(r"([0-9]+)", _module(statement).lower())
        if part
    ]
    is_from = isinstance(statement, ast.ImportFrom)
    return is_from, natural, statement.names[0].name
