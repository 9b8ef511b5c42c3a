"""What a job is about."""

from typing import ClassVar

import attrs


@attrs.frozen
class Payload:
    """The kinds of job derive from this. None holds a plaintext secret, for all are stored."""

    kind: ClassVar[str]
    """Names the class for good, whatever it is renamed to: it is what is stored."""
    queue: ClassVar[str]
    priority: ClassVar[int] = 0
    """Of two that are due, the higher is begun first."""


@attrs.frozen
class Unreadable:
    """In the place of a payload that can't be made out: of a kind that nobody handles here, or not
    of the shape that its kind has."""

    reason: str
