"""What items can be filtered and sorted by."""

from datetime import datetime
from typing import Annotated

import attrs

from application.filtering import AtLeast, Before, Contains, Equals, Filter, HasWords, IsSet
from application.paging import Listing, SortKey
from domain.access import UserId
from domain.items import ItemStatus
from domain.text import Json


@attrs.frozen(kw_only=True)
class ItemFilter(Filter):
    q: Annotated[str | None, HasWords(("title", "description"))] = None
    status: Annotated[ItemStatus | None, Equals("status")] = None
    owner_id: Annotated[UserId | None, Equals("owner_id")] = None
    created_from: Annotated[datetime | None, AtLeast("created_at")] = None
    created_to: Annotated[datetime | None, Before("created_at")] = None
    updated_from: Annotated[datetime | None, AtLeast("updated_at")] = None
    attributes: Annotated[dict[str, Json] | None, Contains("attributes")] = None
    deleted: Annotated[bool, IsSet("deleted_at")] = False


ITEMS = Listing(
    name="items",
    sortable=frozenset({"created_at", "updated_at", "title", "status"}),
    default_sort=(SortKey("created_at", descending=True),),
)
