"""Everyone's items by whatever they can be sorted by, without sorting them."""

import sqlalchemy as sa

from alembic import op

revision = "0017_item_sorts"
down_revision = "0016_handed_over_jobs"
branch_labels = None
depends_on = None

_LIVE = sa.text("deleted_at IS NULL")
_INDEXES = {
    "ix_items_updated_at_id": (["updated_at", "id"], _LIVE),
    "ix_items_title_id": (["title", "id"], _LIVE),
    "ix_items_status_id": (["status", "id"], _LIVE),
    "ix_items_owner_id_status_id": (["owner_id", "status", "id"], _LIVE),
    "ix_items_deleted_created_at_id": (["created_at", "id"], sa.text("deleted_at IS NOT NULL")),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (columns, condition) in _INDEXES.items():
            op.create_index(
                name,
                "items",
                columns,
                if_not_exists=True,
                postgresql_concurrently=True,
                postgresql_where=condition,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in _INDEXES:
            op.drop_index(name, "items", if_exists=True, postgresql_concurrently=True)
