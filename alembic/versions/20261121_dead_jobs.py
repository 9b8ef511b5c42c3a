"""Dead jobs, by queue, among any number that are done."""

import sqlalchemy as sa

from alembic import op

revision = "0011_dead_jobs"
down_revision = "0010_totp"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_jobs_queue",
        "jobs",
        ["queue"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_queue", "jobs")
