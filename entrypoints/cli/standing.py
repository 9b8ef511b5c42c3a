"""Commands that go on until they are told to stop."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from entrypoints.bootstrap.running import Inside, running
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import Telemetry

_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def stand_by(
    settings: Settings,
    dsn: str,
    work: Callable[[Inside], AbstractAsyncContextManager[object]],
    announcement: str,
) -> None:
    """Keep at it until SIGTERM, Ctrl-C or a closed terminal."""
    asyncio.run(_stand_by(settings, dsn, work, announcement))


async def _stand_by(
    settings: Settings,
    dsn: str,
    work: Callable[[Inside], AbstractAsyncContextManager[object]],
    announcement: str,
) -> None:
    told = asyncio.Event()
    for number in _ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    telemetry = Telemetry.of(settings)
    async with (
        telemetry.measuring(settings),
        running(settings, dsn, telemetry) as inside,
        work(inside),
    ):
        print(announcement, flush=True)
        await told.wait()
