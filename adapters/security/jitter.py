"""Chance, from the operating system."""

import secrets
from datetime import timedelta

_STEPS = 2**32


class SystemJitter:
    def __call__(self, longest: timedelta) -> timedelta:
        return longest * (secrets.randbelow(_STEPS) / _STEPS)
