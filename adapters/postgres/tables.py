"""Every table there is, for Alembic to compare with."""

from adapters.postgres import access, audit, auth, items, jobs, one_time_tokens, users
from adapters.postgres.row import Row

ROWS: tuple[type[Row], ...] = (
    access.RoleRow,
    users.UserRow,
    access.UserRoleRow,
    auth.SessionRow,
    auth.RefreshTokenRow,
    one_time_tokens.OneTimeTokenRow,
    items.ItemRow,
    audit.AuditRow,
    audit.AuditHeadRow,
    jobs.JobRow,
)
metadata = Row.metadata
