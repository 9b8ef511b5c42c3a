"""How Alembic reaches the database: on the connection that `adapters.postgres.migrations` opens."""

from adapters.postgres.migrations import connection_of
from adapters.postgres.tables import metadata
from alembic import context

context.configure(
    connection=connection_of(context.config),
    target_metadata=metadata,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
