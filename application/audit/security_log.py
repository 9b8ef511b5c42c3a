"""How every other use case records what matters for security."""

from collections.abc import Mapping

import attrs

from application.audit.ports import AuditSigner
from application.clock import Clock, NewId
from application.mail.account_mail import AccountMail
from application.unit_of_work import UnitOfWork
from domain.access import Actor, UserId
from domain.audit import AuditEntry, AuditEntryId, SecurityEvent
from domain.one_time_tokens import TokenPurpose
from domain.text import Json
from domain.users import User


@attrs.frozen
class SecurityLog:
    """Writes an event into the trail and, where its owner must know, a mail into the outbox, with a
    link for whoever did not do it: all in the transaction of what happened."""

    clock: Clock
    new_id: NewId
    signer: AuditSigner
    account_mail: AccountMail

    async def note(
        self,
        uow: UnitOfWork,
        event: SecurityEvent,
        actor: Actor,
        *,
        user: User | UserId | None = None,
        subject: str | None = None,
        details: Mapping[str, Json] | None = None,
    ) -> None:
        """`user` is the account that it happened to; the whole of it where it must be told."""
        now = self.clock.now()
        entry = AuditEntry.of(
            AuditEntryId(self.new_id()),
            event,
            actor,
            at=now,
            target_id=user.id if isinstance(user, User) else user,
            subject=subject,
            details=details,
            salts=(self.signer.salt(), self.signer.salt()),
            sign=self.signer.sign,
        )
        await uow.audit.add(entry)
        if event.is_told and isinstance(user, User):
            link = TokenPurpose.NOT_ME if user.may_sign_in else None
            await self.account_mail.send(uow, user, event.value, link=link, values=_told(entry))


def _told(entry: AuditEntry) -> dict[str, str]:
    """From where an administrator did it is none of the owner's business."""
    is_somebody_elses = entry.actor_id not in {None, entry.target_id}
    return {
        "occurred_at": entry.occurred_at.isoformat(timespec="seconds"),
        "address": "" if is_somebody_elses else entry.address or "",
        "user_agent": "" if is_somebody_elses else entry.user_agent or "",
        **{name: value for name, value in entry.details.items() if isinstance(value, str)},
    }
