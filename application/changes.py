"""Partial updates: a field that was not sent differs from one that was sent as null."""

import enum
from typing import Final, Literal, TypeAlias


class _Unset(enum.Enum):
    UNSET = enum.auto()


Unset: TypeAlias = Literal[_Unset.UNSET]
UNSET: Final = _Unset.UNSET
