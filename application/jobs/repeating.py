"""What goes on beside the jobs, for as long as there are any."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Never

from application.outage import Outage
from domain.errors import Conflict, Unavailable


async def again_and_again(
    act: Callable[[], Awaitable[None]], seconds: float, outage: Outage
) -> Never:
    """Every so many seconds, whatever comes of it."""
    while True:
        try:
            await act()
        except Exception as error:  # noqa: BLE001 - nothing may end what nobody begins again
            tell(error, outage)
        await asyncio.sleep(seconds)


def tell(error: Exception, outage: Outage) -> None:
    """Where something is away, a line will do for all the time."""
    if isinstance(error, Conflict | Unavailable):
        outage.is_met(error.detail)
    else:
        outage.log.error("%s: %s", outage.consequence, error, exc_info=error)
