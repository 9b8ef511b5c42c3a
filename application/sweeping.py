"""Forget much, a part at a time."""

from collections.abc import Awaitable, Callable

from application.unit_of_work import BeginUnitOfWork, UnitOfWork


async def sweep_in_parts(
    begin: BeginUnitOfWork, forget: Callable[[UnitOfWork], Awaitable[int]], *, at_once: int
) -> None:
    """Each part a transaction of its own, until `forget`, which answers how many there were, finds
    fewer than `at_once`."""
    gone = at_once
    while gone == at_once:
        async with begin() as uow:
            gone = await forget(uow)
            await uow.commit()
