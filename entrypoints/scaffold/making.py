"""Plans what a new feature is made of."""

from collections.abc import Mapping, Sequence
from datetime import date

import attrs

from entrypoints.scaffold.checkout import LAYERS, Checkout, classes_in
from entrypoints.scaffold.contract import added_lines, shown_with
from entrypoints.scaffold.feature import Feature
from entrypoints.scaffold.insertion import (
    Inserted,
    Insertions,
    Section,
    insert,
    unwrapped,
    wrapped,
)
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.places import NoPlace
from entrypoints.scaffold.plan import Change, Plan
from entrypoints.scaffold.record import MIGRATIONS, Record
from entrypoints.scaffold.rendering import Rendered, render
from entrypoints.scaffold.ruff import in_shape

_FRAGMENTS = "lines"
"""A folder of its own for what is put into shape with the files, but belongs into others."""


def plan_of(feature: Feature, checkout: Checkout, today: date) -> Plan:
    """Raise `BadFeature` where something is in the way, and `NoPlace` where a registry is not
    written one entry a line."""
    migration = checkout.migration_of(feature.plural.snake, today)
    rendered = _beside_what_is_there(render(feature, migration, checkout.templates), checkout)
    _must_be_free(rendered.files, checkout)
    sources = {path: _source(path, checkout) for path in rendered.lines}
    shaped = in_shape(
        {**rendered.files, **dict(_fragments(rendered.lines, sources))}, checkout.root
    )
    files = {path: shaped[path] for path in rendered.files}
    changes = {path: Change(None, text) for path, text in files.items()}
    lines: dict[str, Sequence[Inserted]] = {}
    for path, sections in rendered.lines.items():
        source = sources[path]
        in_order = [
            unwrapped(source, section, shaped[_fragment(path, place)])
            if path.endswith(".py")
            else section
            for place, section in enumerate(sections)
        ]
        try:
            after, lines[path] = insert(source, in_order, checkout.packages)
        except NoPlace as error:
            raise NoPlace(f"{path}: {error}") from error
        changes[path] = Change(source, after)
    for path, text in shown_with(changes, checkout.root).items():
        kept = checkout.read(path)
        if kept is None:
            files[path] = text
            changes[path] = Change(None, text)
        elif kept != text:
            lines[path] = added_lines(path, kept, text)
            changes[path] = Change(kept, text)
    record = Record.of(feature, migration.revision, files, lines)
    return Plan(checkout.root, {**changes, record.path: Change(None, record.text)})


def _beside_what_is_there(rendered: Rendered, checkout: Checkout) -> Rendered:
    """Where a feature of that name was there before today's, its migration is still."""
    files = dict(rendered.files)
    for path in rendered.files:
        number, other = 2, path
        while path.startswith(MIGRATIONS) and checkout.read(other) is not None:
            other = path.replace(".py", f"_{number}.py")
            number += 1
        files[other] = files.pop(path)
    return attrs.evolve(rendered, files=files)


def _must_be_free(files: Mapping[str, str], checkout: Checkout) -> None:
    for path in files:
        if checkout.read(path) is not None:
            raise BadFeature(f"{path} is there already")
    classes = checkout.classes
    for path, text in files.items():
        for name in classes_in(text):
            if path.startswith(LAYERS) and name in classes:
                raise BadFeature(f"{classes[name]} has a {name} already: choose another name")


def _source(path: str, checkout: Checkout) -> str:
    source = checkout.read(path)
    if source is None:
        raise NoPlace(f"{path}: there is no such file to add lines to")
    return source


def _fragments(lines: Insertions, sources: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    fragments = []
    for path, sections in lines.items():
        if path.endswith(".py"):
            for place, section in enumerate(sections):
                fragments.append((_fragment(path, place), _wrapped(path, sources[path], section)))
    return fragments


def _wrapped(path: str, source: str, section: Section) -> str:
    try:
        return wrapped(source, section)
    except NoPlace as error:
        raise NoPlace(f"{path}: {error}") from error


def _fragment(path: str, place: int) -> str:
    return f"{_FRAGMENTS}/{place}/{path}"
