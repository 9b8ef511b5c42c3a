"""A feature from what was typed, or one line that says what is wrong with it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import attrs

from domain.bounded import MAX_WHOLE_DIGITS, clean_datetime, clean_decimal
from domain.email import clean_email
from domain.errors import Invalid
from domain.text import MAX_INT64, MIN_INT64, clean_json_object, clean_line, clean_text
from domain.url import clean_url
from entrypoints.scaffold.feature import (
    LARGEST_JSON,
    LONGEST_EMAIL,
    LONGEST_LINE,
    LONGEST_TEXT,
    LONGEST_URL,
    WRITTEN,
    Bound,
    Default,
    Feature,
    Field,
    Kind,
    Target,
    is_more,
)
from entrypoints.scaffold.naming import (
    BadFeature,
    must_be_usable,
    must_differ,
    must_fit_indexes,
)
from entrypoints.scaffold.words import Words

MOST_FIELDS = 30
MOST_REFERENCES = 6
MOST_CHOICES = 50
FEWEST_UNIQUE = 100
"""Values that a unique field has to leave, or else it is a mistake."""

_FIELD = re.compile(
    r"(?P<name>[^:]*):(?P<type>[a-z]*)(?:\((?P<inside>[^)]*)\))?(?P<rest>.*)", re.DOTALL
)
_CONSTRAINT = re.compile(r":(?=(?:required|unique)(?::|$)|(?:min|max|default)=)")
_CHOICE = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*\Z")
_NOT_UNIQUE = frozenset({Kind.TEXT, Kind.BOOL, Kind.ENUM, Kind.JSON, Kind.REF})
_HARD_LIMITS = {
    Kind.STR: (1, LONGEST_LINE),
    Kind.TEXT: (1, LONGEST_TEXT),
    Kind.EMAIL: (20, LONGEST_EMAIL),
    Kind.URL: (20, LONGEST_URL),
}
"""The least and the most that `max` can be: none is so long as to break an index or a form, and
addresses need room."""


@attrs.frozen(kw_only=True)
class Surroundings:
    """What the new feature comes among."""

    taken: Mapping[str, str] = attrs.field(factory=dict)
    """Names that it can't have, in snake case, each with what has it already."""
    targets: Mapping[str, Target] = attrs.field(factory=dict)
    """What its fields can refer to, by the plural in snake case."""


def parse_feature(
    name: str,
    fields: Sequence[str],
    around: Surroundings,
    *,
    plural: str | None = None,
    is_owned: bool = False,
    soft_deletes: bool = False,
    has_events: bool = False,
    is_searchable: bool = False,
) -> Feature:
    """Raise `BadFeature`."""
    singular, plurals = parse_names(name, plural, around)
    if not fields:
        raise BadFeature("a feature needs a field, as in --field title:str:required")
    if len(fields) > MOST_FIELDS:
        raise BadFeature(f"a feature has at most {MOST_FIELDS} fields")
    parsed = [parse_field(text, singular, plurals, around) for text in fields]
    must_differ(parsed, singular)
    must_fit_indexes(plurals, parsed)
    feature = Feature(
        singular=singular,
        plural=plurals,
        fields=tuple(parsed),
        is_owned=is_owned,
        soft_deletes=soft_deletes,
        has_events=has_events,
        is_searchable=is_searchable,
    )
    if len(feature.references) > MOST_REFERENCES:
        raise BadFeature(f"a feature refers to others by at most {MOST_REFERENCES} fields")
    if is_searchable and not feature.searched:
        raise BadFeature("there is nothing to search: --searchable wants a field of str or text")
    return feature


def parse_names(name: str, plural: str | None, around: Surroundings) -> tuple[Words, Words]:
    """The singular and the plural; raise `BadFeature`."""
    singular = Words.of(name)
    must_be_usable(name, singular, "feature")
    if plural is None and singular.is_plural:
        raise BadFeature(f"{name} looks like a plural: name one of them, or say --plural as well")
    plurals = singular.plural() if plural is None else Words.of(plural)
    must_be_usable(plural or plurals.kebab, plurals, "feature")
    if singular == plurals:
        raise BadFeature(f"one and many are called alike, {name}: say --plural, as {name}-entries")
    for words in (singular, plurals):
        if words.snake in around.taken:
            raise BadFeature(f"{words.kebab} is taken: {around.taken[words.snake]}")
    return singular, plurals


def parse_field(text: str, singular: Words, plural: Words, around: Surroundings) -> Field:
    """Raise `BadFeature`."""
    found = _FIELD.match(text)
    if found is None:
        raise BadFeature(f"{text} is no field: write name:type, as in number:str:required")
    words = Words.of(found["name"])
    must_be_usable(found["name"], words, "field")
    if found["type"] not in tuple(Kind):
        kinds = ", ".join(Kind).replace("enum", "enum(a,b)").replace("ref", "ref(feature)")
        raise BadFeature(f"{found['name']}: {found['type'] or 'nothing'} is no type; {kinds} are")
    kind = Kind(found["type"])
    rest, *constraints = _CONSTRAINT.split(found["rest"])
    if rest:
        known = "required, unique, min=, max= and default="
        raise BadFeature(f"{words.snake}: {rest.lstrip(':')} is no constraint; {known} are")
    field = Field(words=words, kind=kind, spelled=text)
    field = _with_inside(field, found["inside"], singular, plural, around)
    return _with_constraints(field, constraints)


def _with_inside(
    field: Field, inside: str | None, singular: Words, plural: Words, around: Surroundings
) -> Field:
    name = field.words.snake
    if field.kind is Kind.ENUM:
        choices = tuple(choice.strip() for choice in (inside or "").split(","))
        return attrs.evolve(
            field,
            choices=_choices(name, choices),
            enum=singular.pascal + field.words.pascal,
        )
    if field.kind is Kind.REF:
        if name.endswith("_id"):
            raise BadFeature(f"{name}: leave out _id, a ref's column has it anyway")
        wanted = Words.of(inside or "")
        if wanted == plural:
            raise BadFeature(f"{name}: {inside} can't refer to themselves")
        if wanted.snake not in around.targets:
            known = ", ".join(target.plural.kebab for target in around.targets.values())
            raise BadFeature(
                f"{name}: {inside or 'nothing'} is no feature to refer to; {known} are"
            )
        return attrs.evolve(field, target=around.targets[wanted.snake])
    if inside is not None:
        raise BadFeature(f"{name}: {field.kind} takes nothing in brackets")
    return field


def _choices(name: str, choices: Sequence[str]) -> Sequence[str]:
    for choice in choices:
        if not _CHOICE.match(choice) or len(choice) > 30:
            raise BadFeature(
                f"{name}: {choice or 'nothing'} is no value; write up to 30 of a-z, 0-9, - and _"
            )
    if len({choice.replace("-", "_") for choice in choices}) < len(choices):
        raise BadFeature(f"{name}: a value is there twice")
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise BadFeature(f"{name}: an enum has 2 to {MOST_CHOICES} values")
    return choices


def _with_constraints(field: Field, constraints: Sequence[str]) -> Field:
    name = field.words.snake
    given: dict[str, str] = {}
    for constraint in constraints:
        key, _, value = constraint.partition("=")
        if key in given:
            raise BadFeature(f"{name}: {key} is there twice")
        given[key] = value
    field = attrs.evolve(
        field,
        min=_bound(field, "min", given.get("min")),
        max=_bound(field, "max", given.get("max")),
    )
    _must_leave_room(field)
    if "unique" in given:
        field = attrs.evolve(field, is_unique=True)
        _must_be_able_to_be_unique(field)
    if "required" in given:
        if "default" in given:
            raise BadFeature(f"{name}: what has a default is not required; leave out one of them")
        field = attrs.evolve(field, is_required=True)
    if "default" in given:
        field = attrs.evolve(field, default=_default(field, given["default"]))
    return field


def _bound(field: Field, key: str, text: str | None) -> Bound | None:
    if text is None:
        return None
    if field.kind not in _BOUNDS:
        raise BadFeature(f"{field.words.snake}: {field.kind} has no {key}")
    try:
        bound = _BOUNDS[field.kind](text)
    except (ValueError, Invalid):
        what = "a whole number of characters" if field.kind in WRITTEN else _LIKE[field.kind]
        raise BadFeature(f"{field.words.snake}: {key}={text} must be {what}") from None
    if field.kind in _HARD_LIMITS and isinstance(bound, int):
        least, most = _HARD_LIMITS[field.kind]
        least = least if key == "max" else 0
        if not least <= bound <= most:
            raise BadFeature(
                f"{field.words.snake}: {key}={text} must be {least} to {most} characters"
                + (", or be a text" if field.kind is Kind.STR else "")
            )
    return bound


def _must_leave_room(field: Field) -> None:
    least, most = field.min, field.max
    if field.kind in WRITTEN and least is not None and most is None:
        most = field.longest
    if least is not None and most is not None and is_more(least, most):
        raise BadFeature(f"{field.words.snake}: min={least} is more than max={most}")


def _must_be_able_to_be_unique(field: Field) -> None:
    name = field.words.snake
    if field.kind in _NOT_UNIQUE:
        raise BadFeature(f"{name}: {field.kind} can't be unique")
    if field.kind is Kind.URL and field.longest > LONGEST_LINE:
        raise BadFeature(f"{name}: a unique url needs max={LONGEST_LINE} or less")
    if field.kind in WRITTEN and field.longest < 3:
        raise BadFeature(f"{name}: max={field.longest} leaves too little to be unique")
    if field.kind in _ENDS and _room(field) + 1 < FEWEST_UNIQUE:
        raise BadFeature(f"{name}: min and max leave too few values to be unique")


def _room(field: Field) -> int:
    """How many steps there are from the least value to the most."""
    first, last = _ENDS[field.kind]
    least = first if field.min is None else field.min
    most = last if field.max is None else field.max
    if isinstance(least, datetime) and isinstance(most, datetime):
        return (most - least) // timedelta(minutes=1)
    if isinstance(least, date) and isinstance(most, date):
        return (most - least).days
    # Decimals have no step: they can be any.
    step = 1 if field.kind is Kind.INT else Decimal("1e-8")
    return int((Decimal(str(most)) - Decimal(str(least))) / step)


def _default(field: Field, text: str) -> Default:
    name, kind = field.words.snake, field.kind
    if field.is_unique:
        raise BadFeature(f"{name}: what is unique has no default")
    if kind is Kind.REF:
        raise BadFeature(f"{name}: ref has no default")
    if kind is Kind.ENUM:
        if text not in field.choices:
            raise BadFeature(f"{name}: default={text} is none of {', '.join(field.choices)}")
        return text
    try:
        default = _DEFAULTS[kind](text)
    except ValueError:
        raise BadFeature(f"{name}: default={text} must be {_LIKE[kind]}") from None
    except Invalid as refusal:
        raise BadFeature(f"{name}: default={text} {refusal.errors[0].detail}") from None
    size = len(str(default)) if kind in WRITTEN else default
    least = field.shortest if kind in WRITTEN else field.min
    most = field.longest if kind in WRITTEN else field.max
    if (least is not None and is_more(least, size)) or (most is not None and is_more(size, most)):
        raise BadFeature(f"{name}: default={text} is outside min and max")
    return default


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or not MIN_INT64 <= int(text) <= MAX_INT64:
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text):
        raise ValueError(text)
    return clean_decimal("", Decimal(text))


def _bool(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    return clean_datetime("", datetime.fromisoformat(text))


def _line(text: str) -> str:
    return clean_line("", text, longest=LONGEST_LINE)


def _text(text: str) -> str:
    return clean_text("", text, longest=LONGEST_TEXT)


def _url(text: str) -> str:
    return clean_url("", text)


def _json(text: str) -> Default:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)  # noqa: TRY004 - told as one that can't be read
    return clean_json_object("", value, largest=LARGEST_JSON)


_BOUNDS: Mapping[Kind, Callable[[str], Bound]] = {
    **dict.fromkeys(WRITTEN, _whole),
    Kind.INT: _whole,
    Kind.DECIMAL: _decimal,
    Kind.DATE: _date,
    Kind.DATETIME: _moment,
}
_DEFAULTS: Mapping[Kind, Callable[[str], Default]] = {
    Kind.STR: _line,
    Kind.TEXT: _text,
    Kind.INT: _whole,
    Kind.DECIMAL: _decimal,
    Kind.BOOL: _bool,
    Kind.DATE: _date,
    Kind.DATETIME: _moment,
    Kind.UUID: UUID,
    Kind.EMAIL: clean_email,
    Kind.URL: _url,
    Kind.JSON: _json,
}
_ENDS: Mapping[Kind, tuple[Bound, Bound]] = {
    Kind.INT: (MIN_INT64, MAX_INT64),
    Kind.DECIMAL: (-(Decimal(10) ** MAX_WHOLE_DIGITS), Decimal(10) ** MAX_WHOLE_DIGITS),
    Kind.DATE: (date.min, date.max),
    Kind.DATETIME: (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
}
"""Between which a value is, where nothing is said."""
_LIKE = {
    Kind.INT: "a whole number of 64 bits",
    Kind.DECIMAL: "a number, like 9.95",
    Kind.BOOL: "true or false",
    Kind.DATE: "like 2026-03-01",
    Kind.DATETIME: "like 2026-03-01T08:15:00Z, with its zone",
    Kind.UUID: "a UUID",
    Kind.URL: "like https://example.com",
    Kind.JSON: "a JSON object",
}
