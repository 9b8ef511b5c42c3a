"""What filters choose of rows that are all at hand."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from application.filtering import (
    AtLeast,
    Before,
    Comparison,
    Contains,
    Equals,
    Filter,
    HasPart,
    HasWords,
    Holds,
    IsSet,
)

_WORD = re.compile(r"[^\W_]+")


def is_chosen_by(chosen: Filter) -> Callable[[object], bool]:
    """Tells of an entity whether it is."""
    conditions = [
        _condition(comparison, getattr(chosen, name))
        for name, comparison in chosen.present().items()
    ]
    return lambda row: all(condition(row) for condition in conditions)


def _condition(comparison: Comparison, value: object) -> Callable[[object], bool]:
    compare = _COMPARE[type(comparison)]
    if isinstance(comparison, HasPart | HasWords):
        fields = comparison.fields
        return lambda row: compare([getattr(row, field) or "" for field in fields], value)
    own_value = attrgetter(comparison.field)
    return lambda row: compare(own_value(row), value)


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def rank_by(q: str | None, first: str, *others: str) -> Callable[[object], float]:
    """How well a row has the words in these fields. One in the first counts ten times one in the
    others, and a whole word as often again as its beginning."""
    wanted = words_of(q or "")
    weights = ((1.0, first), *((0.1, other) for other in others))
    return lambda row: sum(
        weight * ((word == prefix) + word.startswith(prefix))
        for weight, field in weights
        for word in words_of(getattr(row, field) or "")
        for prefix in wanted
    )


def _contains(whole: object, part: object) -> bool:
    """PostgreSQL's `whole @> part` for JSONB values: members of objects and of lists may be left
    out, at any depth, and lists compare as sets."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], part[key]) for key in part)
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_contains(member, wanted) for member in whole) for wanted in part)
    # In Python True equals 1, in JSON it does not.
    return isinstance(whole, bool) == isinstance(part, bool) and whole == part


def _is_set(own: object, value: object) -> bool:
    return (own is not None) is value


def _has_part(texts: Sequence[str], part: str) -> bool:
    return any(part.casefold() in text.casefold() for text in texts)


def _has_words(texts: Sequence[str], wanted: str) -> bool:
    present = words_of(" ".join(texts))
    return all(any(word.startswith(prefix) for word in present) for prefix in words_of(wanted))


_COMPARE: Mapping[type[Comparison], Callable[..., bool]] = {
    Equals: operator.eq,
    AtLeast: lambda own, value: own is not None and own >= value,
    Before: lambda own, value: own is not None and own < value,
    Contains: _contains,
    Holds: operator.contains,
    IsSet: _is_set,
    HasPart: _has_part,
    HasWords: _has_words,
}
