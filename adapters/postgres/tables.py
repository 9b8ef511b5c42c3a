"""Every table there is, for Alembic to compare with."""

from adapters.postgres import (
    access,
    api_keys,
    audit,
    auth,
    files,
    idempotency,
    item_events,
    items,
    jobs,
    one_time_tokens,
    schedules,
    throttling,
    totp,
    users,
)
from adapters.postgres.row import Row

ROWS: tuple[type[Row], ...] = (
    access.RoleRow,
    users.UserRow,
    access.UserRoleRow,
    auth.SessionRow,
    auth.RefreshTokenRow,
    one_time_tokens.OneTimeTokenRow,
    api_keys.ApiKeyRow,
    totp.TotpRow,
    items.ItemRow,
    files.AttachmentRow,
    item_events.ItemEventRow,
    audit.AuditRow,
    audit.AuditHeadRow,
    jobs.JobRow,
    schedules.ScheduleRow,
    throttling.ThrottleRow,
    idempotency.KeptAnswerRow,
)
metadata = Row.metadata
