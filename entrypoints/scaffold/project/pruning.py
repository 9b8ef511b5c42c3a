"""Takes out of a text what says certain words by name: in whole lines, by the text's structure."""

import ast
import re
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

import attrs
from markdown_it import MarkdownIt

from entrypoints.scaffold.places import first_line, is_text, last_line
from entrypoints.scaffold.words import Words

_BEHIND_AN_ENTRY = re.compile(rb"\s*,?\s*(?:#.*)?$")

Span = range
"""Lines of a text, counted from 0."""
Unit = ast.stmt | ast.expr | ast.arg | ast.keyword | ast.alias


@attrs.frozen
class Vocabulary:
    words: frozenset[str]
    """Each may be a part of an identifier: `item` is in `ItemRow` and in `item_id`."""
    names: frozenset[str] = frozenset()
    """Whole identifiers, in lower case."""

    def are_in(self, text: str) -> bool:
        return any(self._are_in_name(word) for word in re.findall(r"\w+", text))

    def _are_in_name(self, identifier: str) -> bool:
        parts = Words.of(identifier).snake.split("_")
        return identifier.lower() in self.names or not self.words.isdisjoint(parts)


def without_lines(text: str, words: Vocabulary) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not words.are_in(line))


def without_blocks(text: str, words: Vocabulary) -> str:
    """Without the paragraphs, with blank lines between them, that have one of the words."""
    blocks = re.split(r"(?<=\n)\n+", text)
    return "\n".join(block for block in blocks if not words.are_in(block))


def without_sections(text: str, words: Vocabulary) -> str:
    """Markdown without the sections that have one of the words in their headings, and the entries
    of lists, the rows of tables and the lines of code that have one."""
    lines = text.splitlines()
    gone: set[int] = set()
    begun: tuple[str, int] | None = None
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.map is None:
            continue
        first, end = token.map
        is_said = words.are_in("\n".join(lines[first:end]))
        match token.type:
            case "heading_open":
                # `h1` comes before `h2`.
                if begun and token.tag <= begun[0]:
                    gone.update(range(begun[1], first))
                    begun = None
                if is_said and not begun:
                    begun = token.tag, first
            case "list_item_open" | "tr_open" if is_said:
                gone.update(range(first, end))
            case "fence":
                gone.update(at for at in range(first, end) if words.are_in(lines[at]))
    if begun:
        gone.update(range(begun[1], len(lines)))
    return _without(text, gone)


def without_code(text: str, words: Vocabulary) -> str:
    """Python without the smallest statements, entries of containers, arguments and imported names
    that say one of the words, or what is imported from a module that does, with their comments and
    docstrings, and without what has nothing left to do then. What is said in a docstring or a
    comment alone does not count."""
    module = ast.parse(text)
    words = attrs.evolve(words, names=words.names | set(_imported(module, words)))
    units = dict(_Source.of(text).units(module))
    gone: set[int] = set()
    for said in _said(module, words):
        around = [span for span in units.values() if said.start in span and said[-1] in span]
        smallest = min(around, key=len)
        gone.update(smallest)
    while emptied := [
        span
        for unit, span in units.items()
        if not gone.issuperset(span) and any(_is_gone(body, gone) for body in _bodies(unit))
    ]:
        gone.update(*emptied)
    return _without(text, gone)


def _without(text: str, gone: Collection[int]) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for at, line in enumerate(lines) if at not in gone)


def _imported(module: ast.Module, words: Vocabulary) -> Iterator[str]:
    """In lower case."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(module=str(name)) if words.are_in(name):
                yield from ((alias.asname or alias.name).lower() for alias in node.names)


def _said(module: ast.Module, words: Vocabulary) -> Iterator[Span]:
    """Where everything is that goes by one of the words."""
    nodes = list(ast.walk(module))
    others = set[ast.AST]()
    for node in nodes:
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                others.add(docstring)
            case ast.Call(func=ast.Attribute(attr="items") as of_mapping, args=[], keywords=[]):
                others.add(of_mapping)
    for node in nodes:
        match node:
            case (
                ast.Constant(value=str(name))
                | ast.Name(id=name)
                | ast.Attribute(attr=name)
                | ast.alias(name=name)
                | ast.ImportFrom(module=str(name))
                | ast.arg(arg=name)
                | ast.keyword(arg=str(name))
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ) if node not in others and words.are_in(name):
                yield range(node.lineno - 1, _end_of(node))


@attrs.frozen
class _Source:
    """What a module was parsed from, whose nodes count bytes."""

    content: bytes
    lines: Sequence[bytes]
    offsets: Sequence[int]
    """Where each line begins."""

    @classmethod
    def of(cls, text: str) -> "_Source":
        lines = text.encode().splitlines(keepends=True)
        return cls(text.encode(), lines, [0, *accumulate(map(len, lines))])

    def units(self, module: ast.Module) -> Iterator[tuple[Unit, Span]]:
        """What can go by itself, and with all that goes with it."""
        for node in ast.walk(module):
            for body in _bodies(node):
                for statement in body:
                    span = range(first_line(statement) - 1, last_line(statement, body))
                    yield statement, self._with_comments(span)
            for first, last in _entries(node):
                if lines := self._lines_of(first, last):
                    yield first, self._with_comments(lines)

    def _lines_of(self, first: Unit, last: Unit) -> Span | None:
        """None where something else is on them."""
        start, end = self._within(last)
        if first is not last:
            start, _ = self._within(first)
        top, bottom = bisect(self.offsets, start) - 1, bisect(self.offsets, end - 1) - 1
        before = self.content[self.offsets[top] : start]
        behind = self.content[end : self.offsets[bottom + 1]]
        is_alone = not before.strip() and _BEHIND_AN_ENTRY.match(behind)
        return range(top, bottom + 1) if is_alone else None

    def _within(self, node: Unit) -> tuple[int, int]:
        """From where to where, with the parentheses around it, which are no part of a node."""
        start = self.offsets[node.lineno - 1] + node.col_offset
        end = self.offsets[_end_of(node) - 1] + (node.end_col_offset or 0)
        while True:
            before, behind = self.content[:start].rstrip(), self.content[end:].lstrip()
            if not (before.endswith(b"(") and behind.startswith(b")")):
                return start, end
            start, end = len(before) - 1, len(self.content) - len(behind) + 1

    def _with_comments(self, span: Span) -> Span:
        first = span.start
        while first and self.lines[first - 1].lstrip().startswith(b"#"):
            first -= 1
        return range(first, span.stop)


def _bodies(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        match getattr(node, name, None):
            case [ast.stmt(), *_] as body:
                yield body


def _entries(node: ast.AST) -> Iterator[tuple[Unit, Unit]]:
    """Each from where to where."""
    match node:
        case ast.Tuple() | ast.List() | ast.Set():
            yield from ((each, each) for each in node.elts)
        case ast.Dict(keys=keys, values=values):
            yield from ((key or value, value) for key, value in zip(keys, values, strict=True))
        case ast.Call():
            # Without one of those that have no name, the others would mean something else.
            yield from ((keyword, keyword) for keyword in node.keywords)
        case ast.ImportFrom():
            yield from ((name, name) for name in node.names)
        case ast.arguments(args=arguments, kwonlyargs=named):
            defaults = [*[None] * (len(arguments) - len(node.defaults)), *node.defaults]
            pairs = zip((*arguments, *named), (*defaults, *node.kw_defaults), strict=True)
            yield from ((each, default or each) for each, default in pairs)


def _is_gone(body: Sequence[ast.stmt], gone: Collection[int]) -> bool:
    left = [each.lineno - 1 in gone for each in body if not is_text(each)]
    return bool(left) and all(left)


def _end_of(unit: Unit) -> int:
    return unit.end_lineno or unit.lineno
