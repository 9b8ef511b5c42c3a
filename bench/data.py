"""What the requests find: three users and their items, loaded by COPY."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.migrations import upgrade
from adapters.security.identifiers import Uuid7Factory
from adapters.security.passwords import BcryptPasswordHasher
from domain.passwords import Password

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live for minutes
ITEMS_OF_READER = 1_000
ITEMS_OF_COLLECTOR = 100_000
READER = "reader@example.com"
"""Gets single items and pages."""
COLLECTOR = "collector@example.com"
"""Owns enough for a page far from the first."""
WRITER = "writer@example.com"
"""Creates items and signs in, so that the others' pages stay as they are."""

_USER_COLUMNS = (
    "id", "email", "email_key", "username", "password_hash", "is_active", "is_superuser",
    "email_verified", "language", "created_at", "updated_at", "version", "deleted_by_owner",
)  # fmt: skip
_ITEM_COLUMNS = (
    "id", "owner_id", "title", "description", "status", "attributes", "created_at", "updated_at",
    "version",
)  # fmt: skip


@attrs.frozen
class Loaded:
    item_id: UUID
    postgres: str


def load(dsn: str) -> Loaded:
    """Into an empty database, as the service can serve it afterwards."""
    upgrade(dsn)
    return asyncio.run(_load(dsn))


async def _load(dsn: str) -> Loaded:
    hasher = BcryptPasswordHasher()
    password_hash = await hasher.hash(Password(PASSWORD))
    await hasher.aclose()
    new_id = Uuid7Factory()
    start = datetime.now(UTC) - timedelta(days=30)
    connection = await asyncpg.connect(dsn)
    try:
        ids = {email: new_id() for email in (READER, COLLECTOR, WRITER)}
        await connection.copy_records_to_table(
            "users",
            columns=_USER_COLUMNS,
            records=[
                (
                    id_, email, email, email.partition("@")[0], password_hash, True, False,
                    True, "en", start, start, 1, False,
                )
                for email, id_ in ids.items()
            ],
        )  # fmt: skip
        await connection.copy_records_to_table(
            "user_roles",
            columns=("user_id", "role_name"),
            records=[(id_, "member") for id_ in ids.values()],
        )
        item_ids = []
        for email, count in ((READER, ITEMS_OF_READER), (COLLECTOR, ITEMS_OF_COLLECTOR)):
            records = [
                _item(new_id(), ids[email], number, start + timedelta(seconds=number))
                for number in range(count)
            ]
            await connection.copy_records_to_table("items", columns=_ITEM_COLUMNS, records=records)
            item_ids.append(records[count // 2][0])
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
        version = connection.get_server_version()
    finally:
        await connection.close()
    return Loaded(item_ids[0], f"{version.major}.{version.minor}")


def _item(
    id_: UUID, owner_id: UUID, number: int, at: datetime
) -> tuple[UUID, UUID, str, str, str, str, datetime, datetime, int]:
    return (
        id_,
        owner_id,
        f"Desk lamp {number}",
        f"Brass, 1930s, number {number} of the collection, with its first cable",
        ("draft", "active", "archived")[number % 3],
        f'{{"colour": "brass", "watts": {number % 100}, "tags": ["lamp", "desk"]}}',
        at,
        at,
        1,
    )
