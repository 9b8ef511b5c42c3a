"""The service as a command finds it: opened for one piece of work, and closed again."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from application.audit.record_refusal import RecordRefusal, RecordRefusalHandler
from application.users.find_user import FindUser, FindUserHandler
from application.users.views import UserView
from domain.access import SYSTEM, UserId
from domain.errors import Forbidden
from entrypoints.bootstrap.running import running
from entrypoints.bootstrap.services import Services
from entrypoints.cli.failures import told_plainly
from entrypoints.preparation import database_of, prepare_database
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings

Result = TypeVar("Result")

_ENDS = (signal.SIGTERM, signal.SIGHUP)


def with_services(work: Callable[[Services], Awaitable[Result]]) -> Result:
    """Whoever has to be asked something is asked before: while this runs, Ctrl-C only cancels
    the work, and would leave a prompt standing."""
    with told_plainly():
        settings = load_settings()
        with database_of(settings) as dsn:
            prepare_database(settings, dsn)
            with _told_to_end() as told:
                return asyncio.run(_run(settings, dsn, work, told))


@contextmanager
def _told_to_end() -> Iterator[list[int]]:
    """Where the work was cancelled by a signal, leave with that signal's status."""
    handlers = {number: signal.getsignal(number) for number in _ENDS}
    told: list[int] = []
    try:
        yield told
    except asyncio.CancelledError:
        if not told:
            raise
        sys.exit(128 + told[0])
    finally:
        # The loop leaves the system's own behind, by which a database of ours would be left too.
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _cancel_when_told(told: list[int]) -> None:
    """As Ctrl-C does: raised wherever the process happens to be, in the middle of a callback, an
    exit may be caught there, and lost."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("Only what runs can be cancelled.")

    def cancel(number: int) -> None:
        told.append(number)
        task.cancel()

    for number in _ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, cancel, number)


async def _run(
    settings: Settings,
    dsn: str,
    work: Callable[[Services], Awaitable[Result]],
    told: list[int],
) -> Result:
    _cancel_when_told(told)
    async with running(settings, dsn) as inside:
        try:
            return await work(inside.services)
        except Forbidden as refusal:
            command = RecordRefusal(code=refusal.code, subject="command line")
            await inside.services[RecordRefusalHandler](command, SYSTEM)
            raise


async def id_named(services: Services, name: str | None) -> UserId | None:
    """None for nobody's name."""
    return None if name is None else (await user_named(services, name)).id


async def user_named(services: Services, name: str) -> UserView:
    """By email, username or id."""
    return await services[FindUserHandler](FindUser(name=name), SYSTEM)
