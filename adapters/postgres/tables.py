"""Every table there is, for Alembic to compare with."""

from adapters.postgres import access, auth, items, users
from adapters.postgres.row import Row

ROWS: tuple[type[Row], ...] = (
    access.RoleRow,
    users.UserRow,
    access.UserRoleRow,
    auth.SessionRow,
    auth.RefreshTokenRow,
    items.ItemRow,
)
metadata = Row.metadata
