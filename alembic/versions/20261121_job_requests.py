"""Which request left each job."""

import sqlalchemy as sa

from alembic import op

revision = "0015_job_requests"
down_revision = "0014_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a default, and so without a rewrite: the lock lasts for a moment.
    op.add_column("jobs", sa.Column("request_id", sa.Text(collation="C"), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "request_id")
