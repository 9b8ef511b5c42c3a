"""Fills the templates."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entrypoints.scaffold.examples import another_of, bad_values_of, differs, example_of, numbered
from entrypoints.scaffold.feature import Default, Feature, Field
from entrypoints.scaffold.insertion import Insertions, Section

TEMPLATES = Path(__file__).with_name("templates")
_SUFFIX = ".jinja"
_LONGEST_PIECE = 60
"""Characters of a text in code, which stands in a line of 100."""


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
    environment.filters["example"] = example_of
    environment.filters["another"] = another_of
    environment.filters["differs"] = differs
    environment.filters["numbered"] = numbered
    environment.filters["bad_values"] = bad_values_of
    environment.filters["in_python"] = in_python
    environment.filters["in_json"] = in_json
    return environment


def python_literal(value: Default) -> str:
    """As it is written in Python."""
    if isinstance(value, bool):
        return repr(value)
    if isinstance(value, Decimal | UUID):
        is_whole = isinstance(value, Decimal) and str(value).lstrip("-").isdigit()
        return f"{type(value).__name__}({value if is_whole else repr(str(value))})"
    if isinstance(value, str) and len(value) > _LONGEST_PIECE:
        pieces = range(0, len(value), _LONGEST_PIECE)
        return f"({' '.join(repr(value[at : at + _LONGEST_PIECE]) for at in pieces)})"
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    return repr(value)


def in_python(value: Default, field: Field) -> str:
    """A value of the field, as it is written in Python."""
    if field.enum is not None:
        return f"{field.enum}.{str(value).replace('-', '_').upper()}"
    return python_literal(value)


def in_json(value: Default, field: Field) -> str:
    """A value of the field as it is sent and shown, as it is written in Python."""
    if field.is_decimal:
        return f'"{value:f}"'
    if isinstance(value, datetime):
        return f'"{value.isoformat().replace("+00:00", "Z")}"'
    return repr(str(value)) if field.is_date or field.is_uuid else python_literal(value)


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """A table as it is written among prose, two spaces between its columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _moment(moment: datetime) -> str:
    parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]
    while len(parts) > 3 and parts[-1] == 0 and not moment.microsecond:
        parts.pop()
    if moment.microsecond:
        parts.append(moment.microsecond)
    return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"


def fill(text: str, indent: int = 0, width: int = 100) -> str:
    """Prose in lines that are not too long, all but the first indented."""
    return textwrap.fill(
        " ".join(text.split()),
        width=width - indent,
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\n", "\n" + " " * indent)
