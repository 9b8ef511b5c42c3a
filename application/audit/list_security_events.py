"""Show what happened to one's own account."""

import attrs

from application.audit.listing import AuditFilter
from application.audit.ports import AuditReader
from application.audit.views import SecurityEventView
from application.paging import Cursors, Listing, Page, PageRequest, SortKey
from domain.access import Actor

SECURITY_EVENTS = Listing(
    name="security-events",
    sortable=frozenset({"occurred_at"}),
    default_sort=(SortKey("occurred_at", descending=True),),
)


@attrs.frozen(kw_only=True)
class ListSecurityEvents:
    page: PageRequest = PageRequest()


@attrs.frozen
class ListSecurityEventsHandler:
    audit: AuditReader
    cursors: Cursors

    async def __call__(self, command: ListSecurityEvents, actor: Actor) -> Page[SecurityEventView]:
        chosen = AuditFilter(target_id=actor.require_owner())
        window = SECURITY_EVENTS.window(command.page, self.cursors)
        page = SECURITY_EVENTS.page(await self.audit.page(chosen, window), self.cursors)
        return Page(
            items=[SecurityEventView.of(entry) for entry in page.items],
            total=page.total,
            next_cursor=page.next_cursor,
        )
