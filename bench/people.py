"""Who there is: accounts, loaded by COPY."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from adapters.security.identifiers import Uuid7Factory
from bench.bare import Connection

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live for minutes
READER = "reader@example.com"
"""Gets what is theirs."""
WRITER = "writer@example.com"
"""Creates things and signs in, so that the others' pages stay as they are."""
ADMIN = "admin@example.com"
"""May do to others what the role of that name permits."""
START = datetime.now(UTC) - timedelta(days=30)
"""When the first of everything was created, by their dates; a second lies between two."""

_COLUMNS = (
    "id", "email", "email_key", "username", "password_hash", "is_active", "is_superuser",
    "email_verified", "language", "created_at", "updated_at", "version", "deleted_by_owner",
)  # fmt: skip


async def settle(
    connection: Connection, emails: Sequence[str], password_hash: str | None
) -> Mapping[str, UUID]:
    """Their ids. Who has no hash can't sign in."""
    new_id = Uuid7Factory()
    ids = {email: new_id() for email in emails}
    await connection.copy_records_to_table(
        "users",
        columns=_COLUMNS,
        records=[
            (
                id_, email, email, email.partition("@")[0], password_hash, True, False,
                True, "en", at := START + timedelta(seconds=number), at, 1, False,
            )
            for number, (email, id_) in enumerate(ids.items())
        ],
    )  # fmt: skip
    await give_role(connection, "member", list(ids.values()))
    return ids


async def give_role(connection: Connection, role: str, ids: Sequence[UUID]) -> None:
    await connection.copy_records_to_table(
        "user_roles", columns=("user_id", "role_name"), records=[(id_, role) for id_ in ids]
    )
