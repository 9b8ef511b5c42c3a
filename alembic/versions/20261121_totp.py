"""Authenticator apps, and their recovery codes."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0010_totp"
down_revision = "0009_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "totps",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery_codes", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("failures", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_totps_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_totps")),
    )
    op.create_index("ix_totps_key_id_user_id", "totps", ["key_id", "user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("totps")
