"""What is measured of one feature."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

import attrs

from bench.bare import Connection, Routes
from bench.figures import Bar
from bench.load import Load, Run
from bench.servers import Server

Tokens: TypeAlias = Mapping[str, str]
"""Access tokens, by whose they are."""


@attrs.frozen
class Findings:
    """What no route's figures tell: figures by name, bars, and lines for people."""

    figures: Mapping[str, Mapping[str, float]] = attrs.field(factory=dict)
    bars: Sequence[Bar] = ()
    lines: Sequence[str] = ()


def _nothing_alone(_server: Server, _tokens: Tokens) -> Mapping[str, Load]:
    return {}


def _nothing_found(
    _alone: Mapping[str, Sequence[Run]], _server: Server, _tokens: Tokens, _rows: int
) -> Findings:
    return Findings()


@attrs.frozen(kw_only=True)
class Subject:
    people: Sequence[str]
    """Emails of those whom it wants to be there and signed in."""
    fill: Callable[[Connection, Mapping[str, UUID]], Awaitable[None]]
    """Load what its requests find, given the ids of all people."""
    floor: Routes
    """What the service has, as bare as can be."""
    compared: Callable[[Tokens], Mapping[str, Load]]
    """What is asked of the service and of the floor, in turns."""
    ratios: Mapping[str, float]
    """The least of the floor's requests per second, for those that have a bar."""
    alone: Callable[[Server, Tokens], Mapping[str, Load]] = _nothing_alone
    """What is asked of the service alone."""
    findings: Callable[[Mapping[str, Sequence[Run]], Server, Tokens, int], Findings] = (
        _nothing_found
    )
    """Of what was asked of the service alone, and of what this asks of a server that has all cores,
    with so many rows where they are many."""
