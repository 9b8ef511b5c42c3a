"""What one thing refers to by its id, and who refers to it has to see."""

from collections.abc import Awaitable

from domain.errors import Forbidden, Invalid, NotFound


def unknown_reference(field: str) -> Invalid:
    return Invalid.field(field, "unknown_reference", "must be the id of something that you can see")


async def must_be_seen(field: str, looking: Awaitable[object]) -> None:
    """Raise `Invalid` where there is nothing to see, whether or not it exists."""
    try:
        await looking
    except (NotFound, Forbidden):
        raise unknown_reference(field) from None
