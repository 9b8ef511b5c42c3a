"""Accounts that their owners deleted, and what a purge looks for."""

import sqlalchemy as sa

from alembic import op

revision = "0008_deletion"
down_revision = "0007_throttles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default is stored in the catalogue, so that no row is rewritten.
    op.add_column(
        "users", sa.Column("deleted_by_owner", sa.Boolean(), nullable=False, server_default="false")
    )
    op.alter_column("users", "deleted_by_owner", server_default=None)
    op.create_index(
        "ix_users_deleted_at",
        "users",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_users_deleted_at", table_name="users")
    op.drop_column("users", "deleted_by_owner")
