"""Which callers' rights a transaction changes, told to every process when it commits."""

import attrs
from sqlalchemy import Text, bindparam, func, select

from adapters.postgres.connection import Connection
from adapters.postgres.query import compile_query
from domain.access import SessionId, UserId

CHANNEL = "tessera_access"
EVERYONE = "everyone"
# NOTIFY takes less than 8000 bytes; past this many, dropping all is as good.
_MOST_NAMED = 100

_NOTIFY = compile_query(
    select(func.pg_notify(bindparam("channel", type_=Text), bindparam("payload", type_=Text)))
)


@attrs.define
class AccessChanges:
    """Collected by the repositories, sent by the unit of work in the same transaction."""

    _changed: set[str] = attrs.field(factory=set, init=False)

    def of_user(self, user_id: UserId) -> None:
        self._changed.add(f"user:{user_id}")

    def of_session(self, session_id: SessionId) -> None:
        self._changed.add(f"session:{session_id}")

    def of_everyone(self) -> None:
        self._changed.add(EVERYONE)

    @property
    def payload(self) -> str:
        """One change a line; empty where nothing changed."""
        if EVERYONE in self._changed or len(self._changed) > _MOST_NAMED:
            return EVERYONE
        return "\n".join(sorted(self._changed))

    async def notify(self, connection: Connection) -> None:
        await connection.row(_NOTIFY, {"channel": CHANNEL, "payload": self.payload})
