"""Every table there is, for Alembic to compare with."""

from adapters.postgres import access, audit, auth, items, jobs, users
from adapters.postgres.row import Row

ROWS: tuple[type[Row], ...] = (
    access.RoleRow,
    users.UserRow,
    access.UserRoleRow,
    auth.SessionRow,
    auth.RefreshTokenRow,
    items.ItemRow,
    audit.AuditRow,
    jobs.JobRow,
)
metadata = Row.metadata
