"""What accounts can be filtered and sorted by."""

from datetime import datetime
from typing import Annotated

import attrs

from application.filtering import AtLeast, Before, Equals, Filter, HasPart, Holds
from application.paging import Listing, SortKey
from domain.access import RoleName


@attrs.frozen(kw_only=True)
class UserFilter(Filter):
    q: Annotated[str | None, HasPart(("email", "username", "full_name"))] = None
    is_active: Annotated[bool | None, Equals("is_active")] = None
    role: Annotated[RoleName | None, Holds("roles")] = None
    created_from: Annotated[datetime | None, AtLeast("created_at")] = None
    created_to: Annotated[datetime | None, Before("created_at")] = None


USERS = Listing(
    name="users",
    sortable=frozenset({"created_at", "updated_at", "email", "username"}),
    default_sort=(SortKey("created_at", descending=True),),
)
