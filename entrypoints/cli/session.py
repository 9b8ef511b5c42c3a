"""The service as a command finds it: opened for one piece of work, and closed again."""

import asyncio
from collections.abc import Awaitable, Callable
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


def with_services(work: Callable[[Services], Awaitable[Result]]) -> Result:
    """Whoever has to be asked something is asked before: while this runs, Ctrl-C only cancels
    the work, and would leave a prompt standing."""
    with told_plainly():
        settings = load_settings()
        with database_of(settings) as dsn:
            prepare_database(settings, dsn)
            return asyncio.run(_run(settings, dsn, work))


async def _run(
    settings: Settings, dsn: str, work: Callable[[Services], Awaitable[Result]]
) -> Result:
    async with running(settings, dsn) as tessera:
        try:
            return await work(tessera.services)
        except Forbidden as refusal:
            command = RecordRefusal(code=refusal.code, subject="command line")
            await tessera.services[RecordRefusalHandler](command, SYSTEM)
            raise


async def id_named(services: Services, name: str | None) -> UserId | None:
    """None for nobody's name."""
    return None if name is None else (await user_named(services, name)).id


async def user_named(services: Services, name: str) -> UserView:
    """By email, username or id."""
    return await services[FindUserHandler](FindUser(name=name), SYSTEM)
