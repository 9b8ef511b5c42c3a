"""Jobs that workers elsewhere were told of."""

import sqlalchemy as sa

from alembic import op

revision = "0016_handed_over_jobs"
down_revision = "0015_job_requests"
branch_labels = None
depends_on = None

_WHY = (
    "It has the open jobs alone, of a table that forgets the others within a week: about a second."
)
risks = {"require-concurrent-index-creation": _WHY, "require-concurrent-index-deletion": _WHY}


def upgrade() -> None:
    op.add_column("jobs", sa.Column("handed_over_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_jobs_priority_due_at", table_name="jobs")
    op.create_index(
        "ix_jobs_priority_due_at_queue",
        "jobs",
        [sa.text("priority DESC"), "due_at", "queue"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_priority_due_at_queue", table_name="jobs")
    op.create_index(
        "ix_jobs_priority_due_at",
        "jobs",
        [sa.text("priority DESC"), "due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_column("jobs", "handed_over_until")
