"""JSON by the letter, wherever it comes in: a body, a query, a line of a file."""

import json

from domain.text import MAX_JSON_DEPTH, Json


def parse(text: bytes) -> Json:
    """Raise `ValueError` for what is not UTF-8, holds a key twice, NaN or Infinity, or is nested
    without end."""
    try:
        value: Json = _DECODER.decode(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deep") from None
    _check_depth(value, MAX_JSON_DEPTH)
    return value


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key comes twice")
    return members


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)


def _check_depth(value: Json, left: int) -> None:
    if not isinstance(value, dict | list):
        return
    if left == 0:
        raise ValueError("nested too deep")
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, dict | list):
            _check_depth(member, left - 1)
