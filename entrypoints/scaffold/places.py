"""Where in a file that exists a feature's lines belong, found by the structure of the code."""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import attrs

INDENT = 4


class NoPlace(Exception):
    """A registry is not there, or not written one entry a line; the message says which."""


@attrs.frozen(kw_only=True)
class Place:
    """Between two lines of a file."""

    after: int
    """So many of its lines stay in front."""
    indent: int = 0
    """Of what is put there."""
    opening: str = ""
    closing: str = ""
    """What stands around it, by itself: it is put into shape between them."""
    blank_before: int = 0
    blank_after: int = 0


@attrs.frozen
class Scope:
    """The lines of a structure, from the first, counted from 0, to the one behind the last."""

    first: int
    end: int


def find_place(source: str, where: str, text: str) -> Place:
    """Where the text belongs; raise `NoPlace`.

    `in NAME` is the end of the container that NAME is given; `class NAME` is behind the last of the
    class's statements of the same form as the text; `before NAME` is in front of what is defined
    by that name, and `end` behind everything. A NAME inside a class or a function has its name and
    a point in front; `return` is what a function returns. In what is not Python, `below LINE` is
    the end of what belongs to that line: what is indented more, or comes before the next heading.
    """
    kind, _, name = where.partition(" ")
    if kind == "below":
        return Place(after=_below(source, name).end)
    module = ast.parse(source)
    if kind == "end":
        return Place(after=len(source.splitlines()), blank_before=2)
    statement = _named(module, name)
    if kind == "in":
        return _at_the_end_of(_container(statement, where), source, where)
    if kind == "class" and isinstance(statement, ast.ClassDef):
        return _among(statement, text, where)
    if kind == "before":
        return Place(after=first_line(statement) - 1, blank_after=2)
    raise NoPlace(f"there is no place called {where}")


def scope_of(source: str, where: str) -> Scope:
    """The lines among which the place is; raise `NoPlace`."""
    everything = Scope(0, len(source.splitlines()))
    kind, _, name = where.partition(" ")
    if kind == "below":
        return _below(source, name)
    if kind not in {"in", "class"}:
        return everything
    statement = _named(ast.parse(source), name)
    return Scope(first_line(statement) - 1, statement.end_lineno or everything.end)


def _below(source: str, wanted: str) -> Scope:
    lines = source.splitlines()
    first = next((at for at, line in enumerate(lines) if line.strip() == wanted), None)
    if first is None:
        raise NoPlace(f"there is no line {wanted}")
    heading = wanted.startswith("#")
    indent = _indent(lines[first])
    end = first + 1
    for at, line in enumerate(lines[first + 1 :], start=first + 1):
        if not line.strip():
            continue
        if line.startswith("#") if heading else _indent(line) <= indent:
            break
        end = at + 1
    return Scope(first, end)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _named(module: ast.Module, path: str) -> ast.stmt:
    body: Sequence[ast.stmt] = module.body
    found: ast.stmt | None = None
    for name in path.split("."):
        found = next((each for each in _statements(body) if name in _names(each)), None)
        if found is None:
            raise NoPlace(f"there is no {path}")
        body = getattr(found, "body", ())
    if found is None:
        raise NoPlace(f"there is no {path}")
    return found


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Also of blocks inside, but not of functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(statement, block, ()))


def _names(statement: ast.stmt) -> Sequence[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (statement.name,)
    if isinstance(statement, ast.Return):
        return ("return",)
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = (statement.target,)
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _container(statement: ast.stmt, where: str) -> ast.expr:
    value = getattr(statement, "value", None)
    while isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:
        value = value.args[0]
    if not isinstance(value, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Call):
        raise NoPlace(f"{where}: what is there holds no entries")
    return value


def _entries(container: ast.expr) -> Sequence[ast.expr]:
    if isinstance(container, ast.Tuple | ast.List | ast.Set):
        return container.elts
    if isinstance(container, ast.Dict):
        return container.values
    if isinstance(container, ast.Call):
        return [*container.args, *(keyword.value for keyword in container.keywords)]
    raise NoPlace("what is there holds no entries")


_BRACKETS = {ast.Tuple: "()", ast.List: "[]", ast.Set: "{}", ast.Dict: "{}", ast.Call: "()"}


def _at_the_end_of(container: ast.expr, source: str, where: str) -> Place:
    lines = source.splitlines()
    end = container.end_lineno or 0
    closing = lines[end - 1]
    brackets = _BRACKETS[type(container)]
    entries = _entries(container)
    behind = end - 1
    if entries:
        last = entries[-1].end_lineno or 0
        rest = lines[last - 1].encode()[entries[-1].end_col_offset or 0 :].decode()
        rest = rest.partition("#")[0].strip()
        is_by_line = rest == "," and last < end and entries[0].lineno > container.lineno
        is_by_line = is_by_line and all(
            (one.end_lineno or 0) < other.lineno for one, other in pairwise(entries)
        )
    else:
        is_by_line = container.lineno < end
    if not is_by_line or closing.strip()[:1] != brackets[1]:
        raise NoPlace(f"{where}: it is not written one entry a line")
    indent = _indent(closing) + INDENT
    opening = "call(" if isinstance(container, ast.Call) else brackets[0]
    return Place(after=behind, indent=indent, opening=opening, closing=brackets[1])


def _among(definition: ast.ClassDef, text: str, where: str) -> Place:
    """Behind the last statement of the form that the text has."""
    [wanted, *_] = _parsed(text)
    alike = [each for each in definition.body if _form(each) == _form(wanted)]
    if not alike:
        raise NoPlace(f"{where}: nothing there is like {text.strip().splitlines()[0]}")
    last = last_line(alike[-1], definition.body)
    blank = 0
    if len(alike) > 1:
        blank = first_line(alike[-1]) - last_line(alike[-2], definition.body) - 1
    elif isinstance(wanted, ast.FunctionDef | ast.AsyncFunctionDef):
        blank = 1
    return Place(
        after=last,
        indent=definition.col_offset + INDENT,
        opening="class Name:",
        blank_before=min(blank, 1),
    )


def _parsed(text: str) -> Sequence[ast.stmt]:
    unindented = re.sub(r"^ +", "", text.lstrip("\n").splitlines()[0])
    depth = len(text.lstrip("\n").splitlines()[0]) - len(unindented)
    lines = [line[depth:] for line in text.lstrip("\n").splitlines()]
    return ast.parse("\n".join(lines)).body


def _form(statement: ast.stmt) -> tuple[object, ...]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        names = [each.id for each in statement.decorator_list if isinstance(each, ast.Name)]
        return ("def", "property" in names)
    return (type(statement),)


def last_line(statement: ast.stmt, body: Sequence[ast.stmt]) -> int:
    """Of a statement of the body, with the text that explains it."""
    behind = body[body.index(statement) + 1 :][:1]
    last = behind[0] if behind and is_text(behind[0]) else statement
    return last.end_lineno or last.lineno


def is_text(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def first_line(statement: ast.stmt) -> int:
    """With its decorators."""
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(each.lineno for each in decorators)])
