"""Changes of rights, heard of when a test says so."""

import attrs


@attrs.define
class Rights:
    heard: int = 0
