"""Record that somebody known was refused something."""

import attrs

from application.audit.ports import RefusalQuota
from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.text import Json


@attrs.frozen(kw_only=True)
class RecordRefusal:
    code: str
    subject: str
    """What was asked for."""


@attrs.frozen
class RecordRefusalHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    quota: RefusalQuota
    clock: Clock

    async def __call__(self, command: RecordRefusal, actor: Actor) -> None:
        left_out = self.quota.take(actor.user_id, at=self.clock.now())
        if left_out is None:
            return
        details: dict[str, Json] = {"code": command.code}
        if left_out:
            details["left_out"] = left_out
        async with self.begin() as uow:
            await self.security_log.note(
                uow,
                SecurityEvent.PERMISSION_DENIED,
                actor,
                user=actor.user_id,
                subject=command.subject,
                details=details,
            )
            await uow.commit()
