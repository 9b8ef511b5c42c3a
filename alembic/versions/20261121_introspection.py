"""The permission to see what everyone's tokens are worth."""

from alembic import op

revision = "0003_introspection"
down_revision = "0002_audit_and_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE roles SET permissions = array_append(permissions, 'tokens:introspect') "
        "WHERE name = 'admin'"
    )


def downgrade() -> None:
    op.execute("UPDATE roles SET permissions = array_remove(permissions, 'tokens:introspect')")
