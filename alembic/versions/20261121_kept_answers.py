"""What was answered to requests that may be repeated."""

import sqlalchemy as sa

from alembic import op

revision = "0013_kept_answers"
down_revision = "0012_item_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answers",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
    )
    op.create_index("ix_kept_answers_created_at", "kept_answers", ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("kept_answers")
