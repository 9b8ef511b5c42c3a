"""Values, as they are written in Python."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from domain.text import Json
from entrypoints.scaffold.feature import Default, Field

_LONGEST_PIECE = 60
"""Characters of a text in code, which stands in a line of 100."""


def python_literal(value: Default) -> str:
    """As it is written in Python."""
    if isinstance(value, Decimal | UUID):
        is_whole = isinstance(value, Decimal) and str(value).lstrip("-").isdigit()
        return f"{type(value).__name__}({value if is_whole else repr(str(value))})"
    if isinstance(value, dict):
        return _json(value)
    if isinstance(value, str) and len(value) > _LONGEST_PIECE:
        return f"({_in_pieces(value)})"
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    return repr(value)


def python_format(before: str, expression: str, after: str = "") -> str:
    """A text with a value in it, as it is written in Python."""
    whole = f'f"{before}{{{expression}}}{after}"'
    if len(whole) <= _LONGEST_PIECE:
        return whole
    return f"({_in_pieces(before)} f'{{{expression}}}' {_in_pieces(after)})"


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


def _in_pieces(text: str) -> str:
    pieces = range(0, len(text), _LONGEST_PIECE)
    return " ".join(repr(text[at : at + _LONGEST_PIECE]) for at in pieces)


def _json(value: Json) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_json(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_json(each) for each in value)}]"
    return python_literal(value) if isinstance(value, str) else repr(value)


def _moment(moment: datetime) -> str:
    parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]
    while len(parts) > 3 and parts[-1] == 0 and not moment.microsecond:
        parts.pop()
    if moment.microsecond:
        parts.append(moment.microsecond)
    return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"
