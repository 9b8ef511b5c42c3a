"""How often things were tried, and from where."""

import sqlalchemy as sa

from alembic import op

revision = "0007_throttles"
down_revision = "0006_api_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("window", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    # Empty where it is not known yet, which no address is.
    op.add_column(
        "sessions",
        sa.Column("network", sa.Text(collation="C"), nullable=False, server_default=""),
    )
    op.alter_column("sessions", "network", server_default=None)
    op.create_index("ix_sessions_user_id_network", "sessions", ["user_id", "network"], unique=False)
    op.create_index("ix_throttles_expires_at", "throttles", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sessions_user_id_network", "sessions")
    op.drop_column("sessions", "network")
    op.drop_table("throttles")
