"""What jobs can be filtered and sorted by."""

from typing import Annotated

import attrs

from application.filtering import Equals, Filter
from application.paging import Listing, SortKey
from domain.jobs import JobState


@attrs.frozen(kw_only=True)
class JobFilter(Filter):
    state: Annotated[JobState | None, Equals("state")] = None
    kind: Annotated[str | None, Equals("kind")] = None
    queue: Annotated[str | None, Equals("queue")] = None


JOBS = Listing(
    name="jobs",
    sortable=frozenset({"created_at", "due_at", "priority"}),
    default_sort=(SortKey("created_at", descending=True),),
)
