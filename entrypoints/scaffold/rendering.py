"""Fills the templates."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entrypoints.scaffold.examples import another_of, bad_values_of, differs, example_of, numbered
from entrypoints.scaffold.feature import Feature
from entrypoints.scaffold.insertion import Insertions, Section
from entrypoints.scaffold.literals import in_json, in_python, python_literal

TEMPLATES = Path(__file__).with_name("templates")
_SUFFIX = ".jinja"
_LONGEST_ENTRY = 87
"""Characters of a key and its value, beside the indentation, the quotes and what parts them."""


@attrs.frozen(kw_only=True)
class Migration:
    revision: str
    down_revision: str
    created: date


@attrs.frozen
class Rendered:
    files: Mapping[str, str]
    """New ones, by their paths."""
    lines: Insertions
    """For those that exist."""


def render(feature: Feature, migration: Migration, templates: Path = TEMPLATES) -> Rendered:
    environment = _environment(templates)
    context = {
        "feature": feature,
        "one": feature.singular,
        "many": feature.plural,
        "fields": feature.fields,
        "migration": migration,
    }
    files: dict[str, str] = {}
    for template, name in _templates(templates, "slice"):
        text = environment.get_template(name).render(context)
        if text.strip() or template.endswith("__init__.py"):
            path = template.format(
                singular=feature.singular.snake,
                plural=feature.plural.snake,
                date=f"{migration.created:%Y%m%d}",
            )
            files[path] = text if text.strip() else ""
    # A package that nothing is in is none.
    folders = {Path(path).parent for path in files if not path.endswith("__init__.py")}
    lines = {
        path: Section.all_of(environment.get_template(name).render(context))
        for path, name in _templates(templates, "lines")
    }
    return Rendered(
        files={
            path: text
            for path, text in files.items()
            if not path.endswith("__init__.py")
            or any(folder.is_relative_to(Path(path).parent) for folder in folders)
        },
        lines={path: sections for path, sections in lines.items() if sections},
    )


def _templates(templates: Path, folder: str) -> Iterator[tuple[str, str]]:
    """Each with the path that it is for."""
    for path in sorted((templates / folder).rglob(f"*{_SUFFIX}")):
        made = path.relative_to(templates / folder).as_posix().removesuffix(_SUFFIX)
        yield made, path.relative_to(templates).as_posix()


@cache
def _environment(templates: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python is made here, and no HTML
    )
    environment.filters["python"] = python_literal
    environment.filters["json"] = json.dumps
    environment.filters["fill"] = fill
    environment.filters["in_columns"] = in_columns
    environment.filters["in_line"] = in_line
    environment.filters["example"] = example_of
    environment.filters["another"] = another_of
    environment.filters["differs"] = differs
    environment.filters["numbered"] = numbered
    environment.filters["bad_values"] = bad_values_of
    environment.filters["in_python"] = in_python
    environment.filters["in_json"] = in_json
    return environment


def in_columns(rows: Sequence[Sequence[str]], width: int = 100) -> str:
    """A table as it is written among prose, two spaces between its columns where they fit."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    between = "  " if sum(widths) + 2 * (len(widths) - 1) <= width else " "
    return "\n".join(
        between.join(cell.ljust(most) for cell, most in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def in_line(name: str, key: str) -> str:
    """A name by that key of a dict, bracketed where the formatter has to break the line."""
    return f"({name})" if len(key) + len(name) > _LONGEST_ENTRY else name


def fill(text: str, indent: int = 0, width: int = 100) -> str:
    """Prose in lines that are not too long, all but the first indented."""
    return textwrap.fill(
        " ".join(text.split()),
        width=width - indent,
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\n", "\n" + " " * indent)
