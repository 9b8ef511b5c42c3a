"""Remove for good what was deleted long enough ago, and leave no trace of whose it was."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import attrs

from application.attachments.remove_attachments import RemoveAttachments
from application.audit.ports import AuditSigner
from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.jobs.payload import Payload
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Actor, Permission, UserId
from domain.audit import SecurityEvent
from domain.text import Json

ACCOUNTS_AT_ONCE = 100
ROWS_AT_ONCE = 1000


@attrs.frozen
class DeletionGrace:
    """For how long a deleted account can come back."""

    duration: timedelta = timedelta(days=14)

    def details(self, *, deleted_at: datetime) -> Mapping[str, Json]:
        """For the trail, and for the mail that tells of it."""
        until = deleted_at + self.duration
        return {"purged_after": until.isoformat(timespec="seconds")}


@attrs.frozen
class PurgeAccounts(Payload):
    kind: ClassVar[str] = "users.purge"
    queue: ClassVar[str] = "default"


@attrs.frozen
class PurgeAccountsHandler:
    """Accounts go a batch at a time, each batch wholly or not at all, so that it may be broken off
    and begun again at any moment, also by several at once."""

    begin: BeginUnitOfWork
    signer: AuditSigner
    security_log: SecurityLog
    clock: Clock
    grace: DeletionGrace
    remove_attachments: RemoveAttachments

    async def __call__(self, actor: Actor) -> int:
        """Answer how many accounts went."""
        actor.require(Permission.USERS_DELETE)
        purged = 0
        while True:
            async with self.begin() as uow:
                users = await uow.users.due_for_purge(
                    deleted_before=self.clock.now() - self.grace.duration, limit=ACCOUNTS_AT_ONCE
                )
                if not users:
                    return purged
                await self.remove_attachments(users, uow, at_once=ROWS_AT_ONCE)
                while await uow.items.remove_all_of(users, limit=ROWS_AT_ONCE):
                    pass
                await self._erase_from_trail(users, uow)
                await uow.users.purge(users)
                await self.security_log.note(
                    uow, SecurityEvent.ACCOUNTS_PURGED, actor, details={"accounts": len(users)}
                )
                await uow.commit()
            purged += len(users)

    async def _erase_from_trail(self, users: frozenset[UserId], uow: UnitOfWork) -> None:
        while entries := await uow.audit_chain.about(users, limit=ROWS_AT_ONCE):
            await uow.audit_chain.erase(
                [entry.without(entry.parts_about(users), self.signer.sign) for entry in entries]
            )
