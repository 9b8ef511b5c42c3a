"""A feature's lines in files that exist: added whole, and nothing else is touched."""

import re
from collections.abc import Mapping, Sequence

import attrs

from entrypoints.scaffold.imports import ImportLine, is_imported, is_used, place_of_import
from entrypoints.scaffold.places import INDENT, NoPlace, Place, find_place, scope_of

_SECTION = re.compile(r"^>>> (.+)\n", re.MULTILINE)
IMPORTS = "imports"
SHARED_IMPORTS = "shared imports"
ANYWHERE = "anywhere"


@attrs.frozen
class Section:
    """Lines for one place of a file, see `templates/README.md`."""

    where: str
    text: str

    @classmethod
    def all_of(cls, rendered: str) -> "Sequence[Section]":
        """Those of a filled template that have any lines."""
        _, *parts = _SECTION.split(rendered)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [cls(where.strip(), _trimmed(text)) for where, text in pairs if text.strip()]

    @property
    def parts(self) -> Sequence[str]:
        """What is put where it belongs by itself."""
        if not self.is_of_imports:
            return (self.text,)
        return [line.text for line in ImportLine.all_of(self.text)]

    @property
    def is_of_imports(self) -> bool:
        return self.where in {IMPORTS, SHARED_IMPORTS}


@attrs.frozen
class Inserted:
    """Lines that a file was given."""

    where: str
    lines: str


def wrapped(source: str, section: Section) -> str:
    """The section by itself, as Python that can be put into shape; raise `NoPlace`."""
    if section.is_of_imports:
        return f"# ruff: noqa: F401\n{section.text}"
    place = find_place(source, section.where, section.text)
    if not place.opening:
        return section.text
    outer = _outer(place)
    lines = [INDENT * depth * " " + "if True:\n" for depth in range(outer)]
    lines.append(f"{INDENT * outer * ' '}{_opening(place)}\n")
    text = section.text.rstrip("\n")
    if place.closing and not text.endswith(","):
        text += ","
    lines.append(f"{text}\n")
    if place.closing:
        lines.append(f"{INDENT * outer * ' '}{_closing(place)}\n")
    return "".join(lines)


def unwrapped(source: str, section: Section, shaped: str) -> Section:
    """The section in shape."""
    lines = shaped.splitlines(keepends=True)
    if section.is_of_imports:
        return Section(section.where, "".join(lines[1:]).lstrip("\n"))
    place = find_place(source, section.where, section.text)
    if place.opening:
        lines = lines[_outer(place) + 1 :]
    if place.closing:
        lines = lines[:-1]
    return Section(section.where, "".join(lines).strip("\n") + "\n")


def insert(
    source: str, sections: Sequence[Section], first_party: frozenset[str]
) -> tuple[str, Sequence[Inserted]]:
    """The file with the lines, and which they are, also where what is shared is there already;
    raise `NoPlace`."""
    inserted = []
    for section in sections:
        for text in section.parts:
            if section.where == SHARED_IMPORTS and is_imported(text, source):
                inserted.append(Inserted(section.where, text))
                continue
            place = _place(source, section, text, first_party)
            lines = source.splitlines(keepends=True)
            block = place.blank_before * "\n" + text + place.blank_after * "\n"
            source = "".join([*lines[: place.after], block, *lines[place.after :]])
            inserted.append(Inserted(section.where, block))
    return source, inserted


def _place(source: str, section: Section, text: str, first_party: frozenset[str]) -> Place:
    if not section.is_of_imports:
        return find_place(source, section.where, text)
    [line] = ImportLine.all_of(text)
    return place_of_import(source, line, first_party)


def without(source: str, inserted: Sequence[Inserted]) -> tuple[str, Sequence[Inserted]]:
    """The file without the lines, and those that are not there as they were put. An entry of
    several lines that was given more goes with these; what else was changed stays. What is shared
    goes with the last that uses it."""
    changed = []
    own = [each for each in inserted if each.where != SHARED_IMPORTS]
    for each in reversed(own):
        lines = source.splitlines(keepends=True)
        block = each.lines.splitlines(keepends=True)
        found = _find(source, lines, each.where, block)
        if found is None or len(found) > len(block):
            changed.append(each)
        if found is not None:
            del lines[found.start : found.stop]
            source = "".join(lines)
    for each in inserted:
        if each.where == SHARED_IMPORTS and not is_used(each.lines, source):
            source = source.replace(each.lines, "", 1)
    return source, changed


def _find(source: str, lines: Sequence[str], where: str, block: Sequence[str]) -> range | None:
    """The block, or the one entry that has all of it."""
    try:
        scope = scope_of(source, where)
    except (NoPlace, SyntaxError):
        return None
    spans = [
        range(start, end)
        for start in range(scope.first, scope.end)
        if lines[start] == block[0]
        and (end := _end_of(block, lines[: scope.end], start)) is not None
        and (end - start == len(block) or _is_one_entry(lines[start:end]))
    ]
    return min(spans, key=len, default=None)


def _is_one_entry(lines: Sequence[str]) -> bool:
    """Whether what is between the first and the last line is within what these begin and end."""
    first, *inner, last = [len(line) - len(line.lstrip()) for line in lines]
    return first == last and all(each > first for each in inner)


def _end_of(block: Sequence[str], lines: Sequence[str], start: int) -> int | None:
    """Behind the last of these lines, each looked for behind the one before."""
    end = start
    for line in block:
        while end < len(lines) and lines[end] != line:
            end += 1
        if end == len(lines):
            return None
        end += 1
    return end


def _outer(place: Place) -> int:
    """How many blocks stand around the statement that what is put there is in."""
    return place.indent // INDENT - 1


def _opening(place: Place) -> str:
    # A tuple of one would be put on one line.
    return {"(": "name = [", "[": "name = [", "{": "name = {"}.get(place.opening, place.opening)


def _closing(place: Place) -> str:
    return "]" if place.opening == "(" else place.closing


def _trimmed(text: str) -> str:
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


Insertions = Mapping[str, Sequence[Section]]
"""By the file's path."""
