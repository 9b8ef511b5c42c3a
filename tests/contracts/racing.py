"""Use cases that get into each other's way."""

import asyncio


async def let_others_in() -> None:
    """Give way once: whoever is not kept out by a lock gets in between."""
    await asyncio.sleep(0)
