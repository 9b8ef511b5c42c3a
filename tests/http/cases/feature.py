"""What one feature says of its routes, for the tests that hold on all of them."""

from collections.abc import Awaitable, Callable, Collection, Mapping

import attrs

from tests.http.provoking import Provoke
from tests.http.scene import Good, Scene


def _rows(table: str) -> dict[str, list[str]]:
    return {name: cells for name, *cells in (line.split() for line in table.splitlines() if line)}


def _by_caller(table: str) -> dict[tuple[str, str], str]:
    (*callers,), *lines = (line.split() for line in table.splitlines() if line)
    return {
        (name, caller): outcome
        for name, *outcomes in lines
        for caller, outcome in zip(callers, outcomes, strict=True)
        if outcome != "-"
    }


def _by_route(table: str) -> dict[str, str]:
    return {name: " ".join(statements) for name, statements in _rows(table).items()}


@attrs.frozen(kw_only=True)
class Feature:
    requests: Mapping[str, Callable[[Scene], Good]]
    """A good one for each of its routes, by operation id."""
    outcomes: Mapping[tuple[str, str], str] = attrs.field(converter=_by_caller)
    """What each kind of caller gets, on one owner's things.

    The stranger holds no permission; the owner is a member; the holder is a stranger with the one
    permission that the route declares, if it declares one. The key is the owner's, for all that a
    member may do; the superkey is a superuser's, for everything there is. 401 and 403 stand for
    `not_authenticated` and `permission_denied`, 404 for the only thing
    that the route may not find, a code for its problem.
    """
    statements: Mapping[str, str] = attrs.field(converter=_by_route)
    """What PostgreSQL is asked, by a caller who is remembered. `SELECT` before `COMMIT` is often
    the NOTIFY of a changed right."""
    about_lists: Collection[str] = ()
    """Its routes that want more the first time: once for each connection the driver asks what a
    list of some type looks like."""
    problems: Mapping[str | tuple[str, str], Provoke] = attrs.field(factory=dict)
    """What provokes a problem that others do not have, or have for other reasons: by its code, on
    one route by the route and its code."""
    stands_on: tuple["Feature", ...] = ()
    """Whose things have to be there first."""
    furnish: Callable[[Scene], Awaitable[None]] | None = None
    """Puts there what its routes are about."""
    furnish_for: Mapping[str, Callable[[Scene], Awaitable[None]]] = attrs.field(factory=dict)
    """What only one route is about."""
