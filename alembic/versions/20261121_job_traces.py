"""Which trace each job belongs to."""

import sqlalchemy as sa

from alembic import op

revision = "0018_job_traces"
down_revision = "0017_item_sorts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a default, and so without a rewrite: the lock lasts for a moment.
    op.add_column("jobs", sa.Column("trace_parent", sa.Text(collation="C"), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "trace_parent")
