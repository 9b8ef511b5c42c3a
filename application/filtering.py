"""Filters of lists: each field says how it compares with the rows, for whoever reads them."""

import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Self, TypeAlias, get_args, get_type_hints

import attrs

_WORD = re.compile(r"\w+")


@attrs.frozen
class Equals:
    field: str


@attrs.frozen
class AtLeast:
    field: str


@attrs.frozen
class Before:
    field: str


@attrs.frozen
class Contains:
    """JSON, of which members may be left out at any depth."""

    field: str


@attrs.frozen
class Holds:
    """A collection that has it as a member."""

    field: str


@attrs.frozen
class IsSet:
    """Whether the row has any value there."""

    field: str


@attrs.frozen
class HasPart:
    """Text that is found within one of the fields, in any case."""

    fields: tuple[str, ...]


@attrs.frozen
class HasWords:
    """Words, each of which is the beginning of one in the fields together."""

    fields: tuple[str, ...]


Comparison: TypeAlias = Equals | AtLeast | Before | Contains | Holds | IsSet | HasPart | HasWords


@attrs.frozen(kw_only=True)
class Filter:
    """Which rows to show; what is None does not matter. A field's comparison is part of its type:
    `created_from: Annotated[datetime | None, AtLeast("created_at")] = None`."""

    comparisons: ClassVar[Mapping[str, Comparison]] = {}
    """By field."""

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        """Raise `TypeError` for a field that does not say how it compares."""
        hints = get_type_hints(cls, include_extras=True)
        cls.comparisons = {
            field.name: _comparison_in(hints[field.name], f"{cls.__name__}.{field.name}")
            for field in attrs.fields(cls)
        }

    @classmethod
    def of(cls, source: object) -> Self:
        """With what `source` has under the names of the fields."""
        make: Callable[..., Self] = cls
        return make(**{name: getattr(source, name) for name in cls.comparisons})

    def present(self) -> Mapping[str, Comparison]:
        """The comparisons of the fields that matter."""
        found: dict[str, Comparison] = {}
        for name, comparison in self.comparisons.items():
            value = getattr(self, name)
            if value is not None and (not isinstance(comparison, HasWords) or words_of(value)):
                found[name] = comparison
        return found


def words_of(text: str | None) -> list[str]:
    """What is looked for where words are."""
    return _WORD.findall(text or "")


def _comparison_in(hint: object, field: str) -> Comparison:
    for said in get_args(hint):
        if isinstance(said, Comparison):
            return said
    raise TypeError(f"{field} does not say how it compares")
