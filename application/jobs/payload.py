"""What a job is about."""

from typing import ClassVar

import attrs


@attrs.frozen
class Payload:
    """The kinds of job derive from this. None holds a plaintext secret, for all are stored."""

    kind: ClassVar[str]
    """Names the class for good, whatever it is renamed to: it is what is stored."""
    queue: ClassVar[str]
