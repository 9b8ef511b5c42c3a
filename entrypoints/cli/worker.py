"""`tessera worker`: run jobs, and nothing else."""

import socket
from typing import Annotated

import typer

from adapters.security.threads import usable_cores
from application.jobs.run_jobs import JobLimits
from domain.service_name import TITLE
from entrypoints.background import QUEUES, working
from entrypoints.cli.failures import Misused, told_plainly
from entrypoints.cli.standing import MetricsPort, asked_at, stand_by
from entrypoints.http.listening import PortTaken
from entrypoints.logs import configure_logs
from entrypoints.preparation import database_of, prepare_database
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import figures_shared

app = typer.Typer(add_completion=False)

Queues = Annotated[
    str | None, typer.Option(help=f"Some of {','.join(QUEUES)}; by default all.", metavar="NAMES")
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Jobs at once: with BROKER_URL in as many processes, by default one for each core; "
        "else in this one, by default JOBS_CONCURRENCY.",
        show_default=False,
    ),
]


@app.command()
@told_plainly(PortTaken)
def worker(
    queues: Queues = None, concurrency: Concurrency = None, metrics_port: MetricsPort = None
) -> None:
    """Run jobs until Ctrl-C or SIGTERM: those that come by BROKER_URL, through Celery; without it
    those in the database, beside the servers or in their place."""
    chosen = _chosen(queues)
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_lines)
    announcement = f"{TITLE} works on {', '.join(chosen)}"
    with asked_at(metrics_port, settings) as (settings, metrics), database_of(settings) as dsn:
        prepare_database(settings, dsn)
        if settings.broker_url is None:
            limits = JobLimits(
                concurrency=concurrency or settings.jobs_concurrency or usable_cores(),
                queues=frozenset(chosen),
            )
            stand_by(
                settings, dsn, lambda each: working(each, settings, limits), announcement, metrics
            )
        else:
            processes = concurrency or usable_cores()
            _work_by_celery(settings, dsn, chosen, processes, announcement, metrics)


def _chosen(queues: str | None) -> list[str]:
    if queues is None:
        return list(QUEUES)
    chosen = [each.strip() for each in queues.split(",")]
    unknown = [each for each in chosen if each not in QUEUES]
    if unknown:
        raise Misused(f"no queue is called {unknown[0]!r}: there are {', '.join(QUEUES)}")
    return chosen


def _work_by_celery(
    settings: Settings,
    dsn: str,
    queues: list[str],
    concurrency: int,
    announcement: str,
    metrics: socket.socket | None,
) -> None:
    # Imported late, for it takes half a second, and only some have a broker.
    from entrypoints.worker.celery_worker import work  # noqa: PLC0415 - see above

    def announce() -> None:
        print(announcement, flush=True)

    with figures_shared(settings) as shared:
        status = work(shared, dsn, queues, concurrency, announce, metrics)
    if status:
        raise typer.Exit(status)
