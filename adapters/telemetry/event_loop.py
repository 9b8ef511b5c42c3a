"""How late the event loop comes to what is due."""

import asyncio
from typing import Never

from adapters.telemetry.metrics import Metrics

_LOOK_EVERY = 0.25
"""Seconds."""


async def keep_measuring_lag(metrics: Metrics) -> Never:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LOOK_EVERY
        await asyncio.sleep(_LOOK_EVERY)
        metrics.lagged(max(loop.time() - due, 0.0))
