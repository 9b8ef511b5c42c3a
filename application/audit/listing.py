"""What the trail can be filtered and sorted by."""

from datetime import datetime
from typing import Annotated

import attrs

from application.filtering import AtLeast, Before, Equals, Filter
from application.paging import Listing, SortKey
from domain.access import UserId
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class AuditFilter(Filter):
    event: Annotated[SecurityEvent | None, Equals("event")] = None
    actor_id: Annotated[UserId | None, Equals("actor_id")] = None
    target_id: Annotated[UserId | None, Equals("target_id")] = None
    occurred_from: Annotated[datetime | None, AtLeast("occurred_at")] = None
    occurred_to: Annotated[datetime | None, Before("occurred_at")] = None


AUDIT = Listing(
    name="audit",
    sortable=frozenset({"occurred_at"}),
    default_sort=(SortKey("occurred_at", descending=True),),
)
