"""`tessera jobs`."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import attrs
import typer

from application.jobs.discard_job import DiscardJob, DiscardJobHandler
from application.jobs.get_job import GetJob, GetJobHandler
from application.jobs.job_statistics import JobStatistics, JobStatisticsHandler
from application.jobs.list_jobs import ListJobs, ListJobsHandler
from application.jobs.listing import JobFilter
from application.jobs.retry_job import RetryJob, RetryJobHandler
from application.jobs.views import JobView, QueueView
from application.paging import Page, PageRequest
from domain.access import SYSTEM
from domain.jobs import JobId, JobState
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import list_command
from entrypoints.cli.options import AsJson, Yes
from entrypoints.cli.output import show_done, show_json, show_resource, show_table
from entrypoints.cli.prompts import confirm
from entrypoints.cli.session import with_services
from entrypoints.exports import plain

app = typer.Typer(help="What is done in the background.", add_completion=False)

_COLUMNS = ("id", "kind", "state", "attempts", "created_at", "due_at", "last_error")

JobIdArgument = Annotated[UUID, typer.Argument(metavar="JOB_ID", show_default=False)]
State = Annotated[JobState | None, typer.Option(help="Only these.")]
Kind = Annotated[str | None, typer.Option(help="Such as mail.send.")]
Queue = Annotated[str | None, typer.Option(help="Such as mail.")]


async def _chosen(
    _: Services, state: State = None, kind: Kind = None, queue: Queue = None
) -> JobFilter:
    return JobFilter(state=state, kind=kind, queue=queue)


@list_command(app, _COLUMNS, _chosen)
async def list_jobs(services: Services, chosen: JobFilter, page: PageRequest) -> Page[JobView]:
    """List jobs; sorts by created_at, due_at and priority."""
    return await services[ListJobsHandler](ListJobs(chosen=chosen, page=page), SYSTEM)


@app.command("stats")
def show_queues(as_json: AsJson = False) -> None:
    """Show what waits in each queue, for how long, and what fails."""

    async def work(services: Services) -> Sequence[QueueView]:
        return await services[JobStatisticsHandler](JobStatistics(), SYSTEM)

    queues = with_services(work)
    if as_json:
        show_json({"items": [plain(queue) for queue in queues]})
    else:
        columns = [field.name for field in attrs.fields(QueueView)]
        show_table(columns, [[getattr(queue, name) for name in columns] for queue in queues])


@app.command("show")
def show_job(job_id: JobIdArgument, as_json: AsJson = False) -> None:
    """Show a job, and why it last failed."""
    command = GetJob(job_id=JobId(job_id))

    async def work(services: Services) -> JobView:
        return await services[GetJobHandler](command, SYSTEM)

    show_resource(with_services(work), as_json=as_json)


@app.command("retry")
def retry_job(job_id: JobIdArgument, as_json: AsJson = False) -> None:
    """Run a job once more that has failed for good, or at once that waits for its next attempt."""
    command = RetryJob(job_id=JobId(job_id))

    async def work(services: Services) -> JobView:
        return await services[RetryJobHandler](command, SYSTEM)

    show_done("will be run", with_services(work), "id", as_json=as_json)


@app.command("discard")
def discard_job(job_id: JobIdArgument, yes: Yes = False, as_json: AsJson = False) -> None:
    """Never run a job, and forget what it is about."""
    confirm(f"Discard the job {job_id}?", yes=yes)
    command = DiscardJob(job_id=JobId(job_id))

    async def work(services: Services) -> JobView:
        return await services[DiscardJobHandler](command, SYSTEM)

    show_done("discarded", with_services(work), "id", as_json=as_json)
