"""The trail over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from application.audit.list_audit import ListAudit, ListAuditHandler
from application.audit.list_security_events import ListSecurityEvents, ListSecurityEventsHandler
from application.audit.listing import AuditFilter
from application.audit.views import AuditView, SecurityEventView
from application.paging import Page as PageOfViews
from domain.access import Permission, PermissionDenied
from domain.audit import SecurityEvent
from entrypoints.http.routing import API_V1_STR, IN_PERSON, declared, needs, router_of
from entrypoints.http.schemas import Id, ListQuery, Moment, Page, PageQuery, Shape
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("audit", prefix=API_V1_STR)


class AuditEntryShape(Shape):
    id: Id
    occurred_at: datetime
    event: str
    actor_kind: str = Field(description="`user`, `api_key`, `system` or `anonymous`.")
    actor_id: Id | None
    api_key_id: Id | None
    target_id: Id | None = Field(description="The account that it happened to.")
    subject: str | None = Field(description="What else it happened to: a session, a role.")
    address: str | None
    user_agent: str | None
    request_id: str | None
    details: dict[str, object]
    sequence: int | None = Field(description="Its place in the chain; null until it is sealed.")


class SecurityEntryShape(Shape):
    id: Id
    occurred_at: datetime
    event: str
    description: str
    by: str = Field(description="`you`, or what kind of somebody else.", examples=["you"])
    address: str | None
    user_agent: str | None
    subject: str | None


class AuditQuery(ListQuery):
    event: SecurityEvent | None = None
    actor_id: UUID | None = None
    target_id: UUID | None = None
    occurred_from: Moment | None = Field(default=None, description="Inclusive.")
    occurred_to: Moment | None = Field(default=None, description="Exclusive.")


@router.get(
    "/audit",
    response_model=Page[AuditEntryShape],
    summary="List who did what to whom",
    **declared(needs(Permission.AUDIT_READ), PermissionDenied),
)
async def list_audit(
    query: Annotated[AuditQuery, Query()], actor: CurrentActor, list_: Inject[ListAuditHandler]
) -> PageOfViews[AuditView]:
    """Sign-ins, refusals, and changes of rights and credentials, the newest first. Nobody can
    change them, and `tessera audit verify` finds out whether somebody did.

    Sorts by `occurred_at`."""
    return await list_(ListAudit(chosen=AuditFilter.of(query), page=query.page()), actor)


@router.get(
    "/users/me/security-events",
    response_model=Page[SecurityEntryShape],
    summary="List what happened to one's account",
    **declared(IN_PERSON),
)
async def list_security_events(
    query: PageQuery, actor: CurrentActor, list_: Inject[ListSecurityEventsHandler]
) -> PageOfViews[SecurityEventView]:
    """The caller's own security history, the newest first. Sorts by `occurred_at`."""
    return await list_(ListSecurityEvents(page=query.page()), actor)
