"""What changes share: a field that was not sent differs from one that was sent as null, and who
changes something may say which state of it is meant."""

import enum
from collections.abc import Collection
from typing import Final, Literal, TypeAlias

import attrs

from domain.errors import VersionMismatch


class _Unset(enum.Enum):
    UNSET = enum.auto()


Unset: TypeAlias = Literal[_Unset.UNSET]
UNSET: Final = _Unset.UNSET


def changes_in(command: attrs.AttrsInstance) -> dict[str, object]:
    """What was sent of that which may be left out, by field."""
    return {
        field.name: value
        for field in attrs.fields(type(command))
        if field.default is UNSET and (value := getattr(command, field.name)) is not UNSET
    }


def require_version(version: int, expected: Collection[int] | None) -> None:
    """Raise `VersionMismatch` for a state that the caller does not mean; None means any."""
    if expected is not None and version not in expected:
        raise VersionMismatch
