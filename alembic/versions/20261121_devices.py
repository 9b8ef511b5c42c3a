"""By which devices somebody has signed in."""

import sqlalchemy as sa

from alembic import op

revision = "0009_devices"
down_revision = "0008_deletion"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("device", sa.Text(collation="C"), nullable=False, server_default="")
    )
    op.alter_column("sessions", "device", server_default=None)
    # As the service itself leaves versions out, so that nobody's own device is news to them.
    op.execute(
        r"UPDATE sessions SET device = regexp_replace(user_agent, '[0-9][0-9A-Za-z_.]*', '', 'g')"
        " WHERE user_agent IS NOT NULL"
    )
    op.create_index("ix_sessions_user_id_device", "sessions", ["user_id", "device"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sessions_user_id_device", "sessions")
    op.drop_column("sessions", "device")
