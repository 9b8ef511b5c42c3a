"""Show who did what to whom."""

import attrs

from application.audit.listing import AUDIT, AuditFilter
from application.audit.ports import AuditReader
from application.audit.views import AuditView
from application.paging import Cursors, Page, PageRequest
from domain.access import Actor, Permission


@attrs.frozen(kw_only=True)
class ListAudit:
    chosen: AuditFilter = AuditFilter()
    page: PageRequest = PageRequest()


@attrs.frozen
class ListAuditHandler:
    audit: AuditReader
    cursors: Cursors

    async def __call__(self, command: ListAudit, actor: Actor) -> Page[AuditView]:
        actor.require(Permission.AUDIT_READ)
        window = AUDIT.window(command.page, self.cursors)
        rows = await self.audit.page(command.chosen, window)
        return AUDIT.page(rows, self.cursors)
