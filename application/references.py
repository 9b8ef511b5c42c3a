"""What one thing refers to by its id, and who refers to it has to see."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from application.changes import UNSET, Unset
from domain.errors import Forbidden, Invalid, NotFound

Id = TypeVar("Id")


def unknown_reference(field: str) -> Invalid:
    return Invalid.field(field, "unknown_reference", "must be the id of something that you can see")


async def must_be_seen(
    field: str, referred: Id | Unset | None, look: Callable[[Id], Awaitable[object]]
) -> None:
    """Raise `Invalid` where there is nothing to see, whether or not it exists."""
    if referred is None or referred is UNSET:
        return
    try:
        await look(referred)
    except (NotFound, Forbidden):
        raise unknown_reference(field) from None
