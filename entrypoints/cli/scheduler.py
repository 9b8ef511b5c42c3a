"""`tessera scheduler`: hand jobs to the workers, and nothing else."""

import typer

from domain.service_name import TITLE
from entrypoints.background import relaying_jobs
from entrypoints.cli.failures import Misused, told_plainly
from entrypoints.cli.standing import MetricsPort, asked_at, stand_by
from entrypoints.http.listening import PortTaken
from entrypoints.logs import configure_logs
from entrypoints.preparation import database_of, prepare_database
from entrypoints.settings.loading import load_settings

app = typer.Typer(add_completion=False)


@app.command()
@told_plainly(PortTaken)
def scheduler(metrics_port: MetricsPort = None) -> None:
    """See to the schedules, and hand the jobs that are due to the workers of BROKER_URL, until
    Ctrl-C or SIGTERM. Servers do that too unless JOBS_CONCURRENCY is 0; there may be several."""
    settings = load_settings()
    broker_url = settings.broker_url
    if broker_url is None:
        raise Misused("there is no BROKER_URL: servers and workers see to the schedules themselves")
    configure_logs(settings.log_level, settings.log_lines)
    with asked_at(metrics_port, settings) as (settings, metrics), database_of(settings) as dsn:
        prepare_database(settings, dsn)
        stand_by(
            settings,
            dsn,
            lambda inside: relaying_jobs(inside, settings, broker_url),
            f"{TITLE} hands jobs to its workers",
            metrics,
        )
