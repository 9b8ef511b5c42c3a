"""What somebody refers to, they have to see."""

from collections.abc import Awaitable, Callable

import pytest

from application.changes import UNSET, Unset
from application.references import must_be_seen
from domain.access import PermissionDenied, RoleNotFound
from domain.errors import DomainError, Invalid, Unavailable


def refused(refusal: DomainError) -> Callable[[int], Awaitable[object]]:
    async def look(_: int) -> object:
        raise refusal

    return look


async def seen(number: int) -> int:
    return number


@pytest.mark.parametrize(
    "refusal", [RoleNotFound(), PermissionDenied()], ids=lambda each: each.code
)
async def test_what_is_not_there_answers_as_what_may_not_be_seen(refusal: DomainError) -> None:
    with pytest.raises(Invalid) as told:
        await must_be_seen("shelf_id", 1, refused(refusal))

    [error] = told.value.errors
    assert (error.field, error.code) == ("shelf_id", "unknown_reference")
    assert told.value.__cause__ is None


async def test_what_is_seen_may_be_referred_to() -> None:
    await must_be_seen("shelf_id", 1, seen)


@pytest.mark.parametrize("nothing", [None, UNSET])
async def test_nothing_may_be_referred_to_and_is_not_looked_at(nothing: Unset | None) -> None:
    await must_be_seen("shelf_id", nothing, refused(RoleNotFound()))


async def test_that_nobody_could_look_is_another_matter() -> None:
    with pytest.raises(Unavailable):
        await must_be_seen("shelf_id", 1, refused(Unavailable()))
