"""Names that say what they stand for."""

from enum import StrEnum
from typing import Self


class Described(StrEnum):
    """Members are written as a value and what it means."""

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member
