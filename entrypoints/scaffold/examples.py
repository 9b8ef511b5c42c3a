"""Values that a field can have, and some that it can't, for the tests of a new feature."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import attrs

from domain.text import MAX_INT64, MIN_INT64, Json
from entrypoints.scaffold.feature import Bound, Default, Field, Kind, is_more
from entrypoints.scaffold.literals import python_format, python_literal

Time = TypeVar("Time", date, datetime)

_HOST = "example.com"
_NOWHERE = "nowhere"
_LONGEST_PART = 60
_WHOLE = (12, 34)
_EXACT = (Decimal("12.50"), Decimal("34.75"))
_DAYS = (date(2026, 3, 1), date(2026, 4, 15))
_MOMENTS = (datetime(2026, 3, 1, 8, 15, tzinfo=UTC), datetime(2026, 4, 15, 20, 30, tzinfo=UTC))
_IDS = (
    UUID("0197a3c4-5d6e-7f80-91a2-b3c4d5e6f708"),
    UUID("0197a3c4-5d6e-7f80-91a2-b3c4d5e6f709"),
)
_OBJECTS: tuple[dict[str, Json], dict[str, Json]] = (
    {"colour": "green", "sizes": [1, 2.5]},
    {"colour": "red"},
)


@attrs.frozen
class BadValue:
    """What is refused, as it is written in Python, and the code that says why."""

    written: str
    code: str


def example_of(field: Field) -> Default:
    """Neither nothing nor, where there are others, the default."""
    return _pair(field)[0]


def another_of(field: Field) -> Default:
    """Another one, which comes later where they have an order; the same where there is no other."""
    return _pair(field)[1]


def differs(field: Field) -> bool:
    """Whether a field can have another value at all."""
    return field.is_ref or example_of(field) != another_of(field)


def numbered(field: Field) -> str:
    """An expression that is another value each time, by `next(numbers)`."""
    return _NUMBERED[field.kind](field)


def bad_values_of(field: Field) -> Iterator[BadValue]:
    """Those that the domain refuses."""
    if field.is_written:
        yield from _badly_written(field)
    if field.is_int:
        yield BadValue("2**63", "out_of_range")
    if field.is_decimal:
        yield BadValue('Decimal("NaN")', "not_finite")
    if field.is_datetime:
        yield BadValue("CREATED.replace(tzinfo=None)", "no_time_zone")
    if field.is_json:
        yield BadValue('{"a": float("nan")}', "not_finite")
    if field.is_number or field.is_time:
        for bound, step in ((field.min, -1), (field.max, 1)):
            beyond = _beyond(bound, step)
            if beyond is not None:
                yield BadValue(beyond, "out_of_range")


def _badly_written(field: Field) -> Iterator[BadValue]:
    if field.is_email or field.is_url:
        # Too short only where it has to be longer than that.
        code = f"invalid_{field.kind}" if len(_NOWHERE) >= field.shortest else "too_short"
        yield BadValue(f'"{_NOWHERE}"', code)
    else:
        yield BadValue(r'"a\0b"', "forbidden_character")
        if field.shortest == 1:
            yield BadValue('""', "too_short")
        elif field.shortest > 1:
            yield BadValue(f'"x" * {field.shortest - 1}', "too_short")
    yield BadValue(f'"x" * {field.longest + 1}', "too_long")


def _beyond(bound: Bound | None, step: int) -> str | None:
    if bound is None or bound in {MIN_INT64, MAX_INT64}:
        return None
    try:
        return python_literal(_moved(bound, step))
    except OverflowError:
        return None


def _moved(bound: Bound, step: int) -> Bound:
    if isinstance(bound, date):
        return bound + timedelta(days=step)
    return bound + step


def _pair(field: Field) -> tuple[Default, Default]:
    one, other = _PAIRS[field.kind](field)
    if field.default is None or one != field.default:
        return one, other
    if field.is_json:
        return _OBJECTS[0] | {"shape": "round"}, _OBJECTS[1]
    if not field.is_filtered_by_range:
        return other, one
    above = _above(field.default, field.max)
    if above is None:
        return one, other
    return _PAIRS[field.kind](attrs.evolve(field, min=above))


def _above(default: Default, most: Bound | None) -> Bound | None:
    """The next one, if there is one."""
    if not isinstance(default, int | Decimal | date) or default == MAX_INT64:
        return None
    try:
        above = _moved(default, 1)
    except OverflowError:
        return None
    return None if most is not None and is_more(above, most) else above


def _lines(field: Field) -> tuple[str, str]:
    title = field.words.titled
    return _fitting(f"{title} one", field), _fitting(f"{title} two", field)


def _texts(field: Field) -> tuple[str, str]:
    first, second = (f"{field.words.titled},\nas it is {place}" for place in ("first", "second"))
    return _fitting(first, field), _fitting(second, field)


def _fitting(text: str, field: Field) -> str:
    if len(text) > field.longest:
        text = text.replace(" ", "").replace("\n", "")[-field.longest :]
    return text.ljust(field.shortest, "x")


def _emails(field: Field) -> tuple[str, str]:
    return _email("ann", field), _email("bob", field)


def _email(name: str, field: Field) -> str:
    host = _HOST if len(name) + 1 + len(_HOST) <= field.longest else "b.co"
    name = name if len(name) + 1 + len(host) <= field.longest else name[0]
    while len(name) + 1 + len(host) < field.shortest:
        missing = field.shortest - len(name) - 1 - len(host)
        if len(name) < _LONGEST_PART:
            name += "x" * min(missing, _LONGEST_PART - len(name))
        else:
            host = f"{'x' * max(1, min(missing - 1, _LONGEST_PART))}.{host}"
    return f"{name}@{host}"


def _urls(field: Field) -> tuple[str, str]:
    return _url("one", field), _url("two", field)


def _url(name: str, field: Field) -> str:
    for begun in (f"https://{_HOST}/{name}", f"http://a.io/{name}", f"http://{name[0]}"):
        if len(begun) <= field.longest:
            return begun.ljust(field.shortest, "x")
    return f"http://{name[0]}"


def _ints(field: Field) -> tuple[int, int]:
    least = field.min if isinstance(field.min, int) else None
    most = field.max if isinstance(field.max, int) else None
    if field.is_unique:
        # The others are numbered from 2, or down to two below the most.
        first = most - 1 if least is None and most is not None else least or 0
        return first, first + 1
    if (least is None or least <= _WHOLE[0]) and (most is None or most >= _WHOLE[1]):
        return _WHOLE
    most = MAX_INT64 if most is None else most
    if least is None:
        least = max(most - 1, MIN_INT64)
    return least, min(most, least + 1)


def _decimals(field: Field) -> tuple[Decimal, Decimal]:
    least = field.min if isinstance(field.min, Decimal) else None
    most = field.max if isinstance(field.max, Decimal) else None
    if field.is_unique and least is not None:
        return least, least + (Decimal(1) if most is None else _step(least, most))
    if field.is_unique and most is not None:
        return most - 1, most
    if (least is None or least <= _EXACT[0]) and (most is None or most >= _EXACT[1]):
        return _EXACT
    if least is None:
        least = (most or Decimal(0)) - 1
    return least, least + 1 if most is None else min(most, least + 1)


def _step(least: Decimal, most: Decimal) -> Decimal:
    """Of which there are a thousand."""
    return ((most - least) / 1000).quantize(Decimal("1e-10"))


def _dates(field: Field) -> tuple[date, date]:
    return _between(field, _DAYS, (date.min, date.max), timedelta(days=1))


def _moments(field: Field) -> tuple[datetime, datetime]:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return _between(field, _MOMENTS, (first, last), timedelta(minutes=1))


def _between(
    field: Field, usual: tuple[Time, Time], ends: tuple[Time, Time], step: timedelta
) -> tuple[Time, Time]:
    begin, end = ends
    least = field.min if isinstance(field.min, type(end)) else None
    most = field.max if isinstance(field.max, type(end)) else None
    if field.is_unique:
        first = most - step if least is None and most is not None else least or usual[0]
        return first, first + step
    if (least is None or least <= usual[0]) and (most is None or most >= usual[1]):
        return usual
    day = timedelta(days=1)
    if least is None:
        most = end if most is None else most
        return (most - day if most - begin >= day else begin), most
    most = end if most is None else most
    return least, least + day if most - least >= day else most


def _choices(field: Field) -> tuple[str, str]:
    return field.choices[-1], field.choices[0]


_PAIRS: Mapping[Kind, Callable[[Field], tuple[Default, Default]]] = {
    Kind.STR: _lines,
    Kind.TEXT: _texts,
    Kind.INT: _ints,
    Kind.DECIMAL: _decimals,
    Kind.BOOL: lambda _: (True, False),
    Kind.DATE: _dates,
    Kind.DATETIME: _moments,
    Kind.UUID: lambda _: _IDS,
    Kind.EMAIL: _emails,
    Kind.URL: _urls,
    Kind.ENUM: _choices,
    Kind.JSON: lambda _: _OBJECTS,
}


def _numbered_line(field: Field) -> str:
    width = f":0{field.shortest}" if field.shortest > 1 else ""
    if len(field.words.titled) + 7 <= field.longest and field.shortest <= 1:
        return f'f"{field.words.titled} {{next(numbers)}}"'
    return f'f"{{{_count(10**field.longest)}{width}}}"'


def _numbered_email(field: Field) -> str:
    first = str(another_of(field))
    before, _, host = first.partition("@")
    room = field.longest - 1 - len(host)
    if len(before) + 7 <= room:
        return python_format(f"{before}-", "next(numbers)", f"@{host}")
    return python_format("", f"{_count(10**room)}:0{len(before)}", f"@{host}")


def _numbered_url(field: Field) -> str:
    first = str(another_of(field))
    if len(first) + 7 <= field.longest:
        return python_format(f"{first}-", "next(numbers)")
    begun = first[:-1]
    return python_format(begun, _count(10 ** (field.longest - len(begun))))


def _numbered_int(field: Field) -> str:
    least, most = field.min, field.max
    if isinstance(least, int):
        span = most - least - 1 if isinstance(most, int) else MAX_INT64 - least
        return f"{least + 2} + {_count(span)}"
    return f"{most - 1} - next(numbers)" if isinstance(most, int) else "next(numbers) + 1"


def _numbered_decimal(field: Field) -> str:
    least, most = field.min, field.max
    if isinstance(least, Decimal) and isinstance(most, Decimal):
        step = python_literal(_step(least, most))
        return f"{python_literal(least)} + (next(numbers) % 998 + 2) * {step}"
    if isinstance(least, Decimal):
        return f"{python_literal(least + 1)} + next(numbers)"
    if isinstance(most, Decimal):
        return f"{python_literal(most - 1)} - next(numbers)"
    return "Decimal(next(numbers))"


def _numbered_time(field: Field, unit: str) -> str:
    least, most = field.min, field.max
    step = timedelta(**{unit: 1})
    if isinstance(least, date) and isinstance(most, date):
        span = (most - least) // step - 1
        return f"{python_literal(least + 2 * step)} + timedelta({unit}={_count(span)})"
    if isinstance(most, date):
        return f"{python_literal(most - step)} - timedelta({unit}=next(numbers))"
    usual = _DAYS[0] if field.is_date else _MOMENTS[0]
    begun = least if isinstance(least, date) else usual
    return f"{python_literal(begun + step)} + timedelta({unit}=next(numbers))"


def _count(span: int) -> str:
    """As many different ones as there are."""
    return "next(numbers)" if span > 10**6 else f"next(numbers) % {span}"


_NUMBERED: Mapping[Kind, Callable[[Field], str]] = {
    Kind.STR: _numbered_line,
    Kind.INT: _numbered_int,
    Kind.DECIMAL: _numbered_decimal,
    Kind.DATE: lambda field: _numbered_time(field, "days"),
    Kind.DATETIME: lambda field: _numbered_time(field, "minutes"),
    Kind.UUID: lambda _: "new_id()",
    Kind.EMAIL: _numbered_email,
    Kind.URL: _numbered_url,
}
