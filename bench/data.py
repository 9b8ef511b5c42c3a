"""What the requests find."""

import asyncio
from itertools import chain

import asyncpg

from adapters.postgres.migrations import upgrade
from adapters.security.passwords import BcryptPasswordHasher
from bench.people import PASSWORD, settle
from bench.subjects import SUBJECTS
from domain.passwords import Password

PEOPLE = sorted(set(chain.from_iterable(subject.people for subject in SUBJECTS)))
"""Who can sign in."""


def load(dsn: str) -> str:
    """Into an empty database, as the service can serve it afterwards. Return PostgreSQL's
    version."""
    upgrade(dsn)
    return asyncio.run(_load(dsn))


async def _load(dsn: str) -> str:
    hasher = BcryptPasswordHasher()
    password_hash = await hasher.hash(Password(PASSWORD))
    await hasher.aclose()
    connection = await asyncpg.connect(dsn)
    try:
        ids = await settle(connection, PEOPLE, password_hash)
        for subject in SUBJECTS:
            await subject.fill(connection, ids)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
        version = connection.get_server_version()
    finally:
        await connection.close()
    return f"{version.major}.{version.minor}"
