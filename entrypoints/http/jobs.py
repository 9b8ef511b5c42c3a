"""Jobs over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from application.jobs.list_jobs import ListJobs, ListJobsHandler
from application.jobs.listing import JobFilter
from application.jobs.views import JobView
from application.paging import Page as PageOfViews
from domain.access import Permission, PermissionDenied
from domain.jobs import JobState
from entrypoints.http.routing import API_V1_STR, declared, needs, router_of
from entrypoints.http.schemas import Id, Line, ListQuery, Page, Shape
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("jobs", prefix=f"{API_V1_STR}/jobs")


class JobShape(Shape):
    id: Id
    kind: str
    queue: str
    priority: int
    state: JobState
    attempts: int
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    last_error: str | None
    request_id: str | None
    """Of the request that left it."""


class JobQuery(ListQuery):
    state: JobState | None = None
    kind: Line | None = Field(default=None, max_length=100, examples=["mail.send"])
    queue: Line | None = Field(default=None, max_length=100, examples=["mail"])


@router.get(
    "",
    response_model=Page[JobShape],
    summary="List jobs",
    **declared(needs(Permission.JOBS_READ), PermissionDenied),
)
async def list_jobs(
    query: Annotated[JobQuery, Query()], actor: CurrentActor, list_: Inject[ListJobsHandler]
) -> PageOfViews[JobView]:
    """What is done in the background, without what it is about. Sorts by `created_at`, `due_at`
    and `priority`."""
    return await list_(ListJobs(chosen=JobFilter.of(query), page=query.page()), actor)
