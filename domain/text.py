"""What a string, and a JSON value made of strings, may hold anywhere in the domain."""

import json
import math
import unicodedata
from collections.abc import Mapping
from typing import TypeAlias

from domain.errors import Invalid

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1
MAX_JSON_DEPTH = 32

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_LINE_BREAKS_AND_TABS = frozenset("\n\r\t")


def forbidden_character(text: str, *, multiline: bool = False) -> str | None:
    """Name the first character that no stored string may hold, or None where all is well.

    PostgreSQL cannot store NUL, UTF-8 cannot carry lone surrogates, and control characters forge
    log lines and terminals.
    """
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if multiline and character in _LINE_BREAKS_AND_TABS:
            continue
        category = unicodedata.category(character)
        if category == "Cc":
            return f"a control character (U+{ord(character):04X})"
        if category == "Cs":
            return f"a lone surrogate (U+{ord(character):04X})"
    return None


def clean_line(field: str, text: str, *, shortest: int = 0, longest: int) -> str:
    """A single line without surrounding space, or `Invalid` naming the field."""
    return _clean(field, text.strip(), shortest=shortest, longest=longest, multiline=False)


def clean_text(field: str, text: str, *, shortest: int = 0, longest: int) -> str:
    """Text that may hold line breaks and tabs, or `Invalid` naming the field."""
    return _clean(field, text, shortest=shortest, longest=longest, multiline=True)


def _clean(field: str, text: str, *, shortest: int, longest: int, multiline: bool) -> str:
    forbidden = forbidden_character(text, multiline=multiline)
    if forbidden is not None:
        raise Invalid.field(field, "forbidden_character", f"must not hold {forbidden}")
    if len(text) < shortest:
        raise Invalid.field(field, "too_short", f"must have at least {shortest} characters")
    if len(text) > longest:
        raise Invalid.field(field, "too_long", f"must have at most {longest} characters")
    return text


def clean_json_object(field: str, value: Mapping[str, Json], *, largest: int) -> dict[str, Json]:
    """A JSON object of at most `largest` bytes that PostgreSQL's JSONB can hold unchanged."""
    _check_json(field, value, depth=1)
    size = len(_COMPACT.encode(value).encode())
    if size > largest:
        raise Invalid.field(field, "too_long", f"must take at most {largest} bytes as JSON")
    return dict(value)


def _check_json(field: str, value: "Json | Mapping[str, Json]", *, depth: int) -> None:
    if depth > MAX_JSON_DEPTH:
        raise Invalid.field(field, "too_deep", f"must nest at most {MAX_JSON_DEPTH} levels")
    if isinstance(value, Mapping):
        for key, member in value.items():
            _check_json_scalar(field, key)
            _check_json(field, member, depth=depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_json(field, member, depth=depth + 1)
    else:
        _check_json_scalar(field, value)


def _check_json_scalar(field: str, value: float | int | str | None) -> None:  # noqa: PYI041 - an int has bounds of its own
    if isinstance(value, str):
        forbidden = forbidden_character(value, multiline=True)
        if forbidden is not None:
            raise Invalid.field(field, "forbidden_character", f"must not hold {forbidden}")
    elif isinstance(value, int):
        if not MIN_INT64 <= value <= MAX_INT64:
            raise Invalid.field(field, "out_of_range", "integers must fit into 64 bits")
    elif isinstance(value, float) and not math.isfinite(value):
        raise Invalid.field(field, "not_finite", "numbers must be finite")
