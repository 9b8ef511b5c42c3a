"""Every table there is, for Alembic to compare with."""

from collections.abc import Sequence

from adapters.postgres.access import RoleRow, UserRoleRow
from adapters.postgres.api_keys import ApiKeyRow
from adapters.postgres.attachments import AttachmentRow
from adapters.postgres.audit import AuditHeadRow, AuditRow
from adapters.postgres.auth import RefreshTokenRow, SessionRow
from adapters.postgres.events import EventTable
from adapters.postgres.idempotency import KeptAnswerRow
from adapters.postgres.items import ITEM_EVENT_TABLE, ItemRow
from adapters.postgres.jobs import JobRow
from adapters.postgres.one_time_tokens import OneTimeTokenRow
from adapters.postgres.row import Row
from adapters.postgres.schedules import ScheduleRow
from adapters.postgres.throttling import ThrottleRow
from adapters.postgres.totp import TotpRow
from adapters.postgres.users import UserRow

ROWS: tuple[type[Row], ...] = (
    RoleRow,
    UserRow,
    UserRoleRow,
    SessionRow,
    RefreshTokenRow,
    OneTimeTokenRow,
    ApiKeyRow,
    TotpRow,
    ItemRow,
    AttachmentRow,
    AuditRow,
    AuditHeadRow,
    JobRow,
    ScheduleRow,
    ThrottleRow,
    KeptAnswerRow,
)
EVENT_TABLES: Sequence[EventTable[object]] = [
    ITEM_EVENT_TABLE,
    # Of each resource that can be followed, one.
]
metadata = Row.metadata
