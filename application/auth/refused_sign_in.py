"""What every refused sign-in leaves behind."""

import attrs

from application.audit.security_log import SecurityLog
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, UserId
from domain.audit import SecurityEvent
from domain.errors import DomainError


@attrs.frozen
class NoteRefusedSignIn:
    """Also for an unknown account, so that neither answer nor time tells; but nothing of what was
    typed in its name's place, for that may well be a password."""

    begin: BeginUnitOfWork
    security_log: SecurityLog

    async def __call__(self, refusal: DomainError, user_id: UserId | None, actor: Actor) -> None:
        async with self.begin() as uow:
            await self.security_log.note(
                uow,
                SecurityEvent.SIGN_IN_REFUSED,
                actor,
                user=user_id,
                details={"reason": refusal.code},
            )
            await uow.commit()
