"""Show a user's live sessions."""

import attrs

from application.auth.ports import SessionReader
from application.auth.views import SessionView
from application.clock import Clock
from application.paging import Cursors, Listing, Page, PageRequest, SortKey
from domain.access import Actor, Permission, UserId
from domain.auth import SessionLifetime

SESSIONS = Listing(
    name="sessions",
    sortable=frozenset({"created_at", "last_used_at"}),
    default_sort=(SortKey("last_used_at", descending=True),),
)


@attrs.frozen(kw_only=True)
class ListSessions:
    user_id: UserId
    page: PageRequest = PageRequest()


@attrs.frozen
class ListSessionsHandler:
    sessions: SessionReader
    cursors: Cursors
    clock: Clock
    lifetime: SessionLifetime

    async def __call__(self, command: ListSessions, actor: Actor) -> Page[SessionView]:
        actor.refuse_api_keys()
        if not actor.is_user(command.user_id):
            actor.require(Permission.SESSIONS_READ)
        window = SESSIONS.window(command.page, self.cursors)
        now = self.clock.now()
        rows = await self.sessions.page(
            command.user_id, window, at=now, used_since=now - self.lifetime.idle
        )
        return SESSIONS.page(rows, self.cursors)
