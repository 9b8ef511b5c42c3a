"""`tessera serve`: the whole service in one command."""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from adapters.postgres.embedded.failure import EmbeddedPostgresError
from domain.errors import DomainError
from domain.service_name import NAME, TITLE
from entrypoints.cli.failures import told_plainly
from entrypoints.http.docs import DocsMissing
from entrypoints.http.listening import PortTaken, bound
from entrypoints.http.server import WorkersFailed
from entrypoints.http.server import serve as serve_http
from entrypoints.logs import configure_logs
from entrypoints.not_prepared import NotPrepared
from entrypoints.preparation import (
    database_of,
    make_first_superuser,
    prepare_database,
)
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings

REFUSALS = (
    DocsMissing,
    DomainError,
    EmbeddedPostgresError,
    NotPrepared,
    PortTaken,
    WorkersFailed,
)
_ENDS = (signal.SIGTERM, signal.SIGINT)

app = typer.Typer(add_completion=False)


@app.command()
@told_plainly(*REFUSALS)
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve.")] = None,
) -> None:
    """Run the service until Ctrl-C or SIGTERM, on its own PostgreSQL unless DATABASE_URL names
    another."""
    given = {"host": host, "port": port, "workers": workers}
    settings = load_settings(**{name: each for name, each in given.items() if each is not None})
    configure_logs(settings.log_level, settings.log_lines)
    for number in _ENDS:
        signal.signal(number, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, _hang_up)
    with bound(settings) as listeners, database_of(settings) as dsn:
        settings = settings.model_copy(update=listeners.ports())
        prepare_database(settings, dsn)
        make_first_superuser(settings, dsn)
        serve_http(settings, dsn, listeners, lambda: _announce(settings))


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Leave by way of every `finally`, none of which a second Ctrl-C may cut short. uvicorn
    drains first and raises the signal again after."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _hang_up(_number: int, _frame: FrameType | None) -> None:
    """A closed terminal must not leave PostgreSQL behind."""
    signal.raise_signal(signal.SIGTERM)


def _announce(settings: Settings) -> None:
    lines = [f"{TITLE} serves {settings.base_url}"]
    if settings.docs_enabled:
        lines.append(f"  the documentation   {settings.base_url}/docs")
    lines.append(f"  the first superuser {NAME} users create-superuser you@example.com")
    print("\n".join(lines), flush=True)
