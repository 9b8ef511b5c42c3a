"""What somebody refers to, they have to see."""

import pytest

from application.references import must_be_seen
from domain.access import PermissionDenied
from domain.errors import DomainError, Invalid, Unavailable
from domain.items import ItemNotFound


async def look(*, raised: DomainError | None = None) -> str:
    if raised is not None:
        raise raised
    return "what there is"


@pytest.mark.parametrize("refusal", [ItemNotFound(), PermissionDenied()])
async def test_what_is_not_there_answers_as_what_may_not_be_seen(refusal: DomainError) -> None:
    with pytest.raises(Invalid) as told:
        await must_be_seen("item_id", look(raised=refusal))

    [error] = told.value.errors
    assert (error.field, error.code) == ("item_id", "unknown_reference")
    assert told.value.__cause__ is None


async def test_what_is_seen_may_be_referred_to() -> None:
    await must_be_seen("item_id", look())


async def test_that_nobody_could_look_is_another_matter() -> None:
    with pytest.raises(Unavailable):
        await must_be_seen("item_id", look(raised=Unavailable()))
