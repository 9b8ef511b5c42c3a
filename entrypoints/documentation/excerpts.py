"""Code that documents show, held against the source that it is from. Above it stands, as a comment,
which: `from domain/access.py: Role.describe, Role.permit`, or for the text of a compiled statement
`sql of adapters/postgres/access.py: _GET`.
`python -m entrypoints.documentation.excerpts` takes all of it anew."""

import ast
import re
from collections.abc import Sequence
from importlib import import_module
from operator import attrgetter
from textwrap import dedent, wrap
from typing import TypeAlias

from adapters.postgres.query import Query
from entrypoints.documentation.site import ROOT, documents

_EXCERPT = re.compile(
    r"(?P<mark><!-- (?P<what>from|sql of) (?P<path>\S+): (?P<names>[\w., ]+) -->\n+```\w+\n)"
    r".*?(?P<end>```\n)",
    re.DOTALL,
)
_COLUMNS = 100
_Block: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def with_excerpts(text: str) -> str:
    """The document with the code as it is; `LookupError` where there is none of that name."""

    def excerpt(found: re.Match[str]) -> str:
        if found["what"] == "sql of":
            return found["mark"] + _statement(found["path"], found["names"]) + "\n" + found["end"]
        source = (ROOT / found["path"]).read_text(encoding="utf-8")
        parts = [definition(source, name.strip()) for name in found["names"].split(",")]
        lone = all("\n" not in part for part in parts)
        return found["mark"] + ("\n" if lone else "\n\n\n").join(parts) + "\n" + found["end"]

    return _EXCERPT.sub(excerpt, text)


def definition(source: str, name: str) -> str:
    """The lines of a class, a function, a constant, or, after a dot, of what is in a class."""
    statements: Sequence[ast.stmt] = ast.parse(source).body
    lines = source.splitlines()
    first = last = 0
    for part in name.split("."):
        found = next((each for each in statements if part in _names_of(each)), None)
        if found is None:
            raise LookupError(f"there is no {name}")
        first, last = found.lineno, found.end_lineno or found.lineno
        if isinstance(found, _Block):
            first = min([first, *(each.lineno for each in found.decorator_list)])
            statements = found.body
    return dedent("\n".join(lines[first - 1 : last]))


def _statement(path: str, name: str) -> str:
    # A statement knows the types of columns that refer to others once these are there.
    import_module("adapters.postgres.tables")
    module = import_module(path.removesuffix(".py").replace("/", "."))
    query = attrgetter(name)(module)
    if not isinstance(query, Query):
        raise TypeError(f"{name} is no statement")
    lines = query.sql.splitlines()
    return "\n".join(
        part for line in lines for part in wrap(line, _COLUMNS, subsequent_indent="  ")
    )


def _names_of(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def main() -> None:
    for document in documents():
        path = ROOT / document
        path.write_text(with_excerpts(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
