"""Delete one's own account, after repeating the password: signing in takes it back, until it is
purged."""

from collections.abc import Collection

import attrs

from application.audit.security_log import SecurityLog
from application.auth.confirm_identity import ConfirmIdentity
from application.changes import require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.purge_accounts import DeletionGrace
from application.users.rights import require_another_superuser
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.passwords import Password, WrongPassword


@attrs.frozen(kw_only=True)
class DeleteOwnAccount:
    password: Password
    expected_versions: Collection[int] | None = None


@attrs.frozen
class DeleteOwnAccountHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    security_log: SecurityLog
    clock: Clock
    grace: DeletionGrace

    async def __call__(self, command: DeleteOwnAccount, actor: Actor) -> None:
        known = await self.confirm_identity.by_password(command.password, actor)
        async with self.begin() as uow:
            superusers = await uow.users.lock_superusers()
            user = await uow.users.get(known.id)
            require_version(user.version, command.expected_versions)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            if user.holds_the_service:
                require_another_superuser(user, superusers)
            now = self.clock.now()
            user.delete(at=now, by_owner=True)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user.id, at=now)
            await self.security_log.note(
                uow,
                SecurityEvent.DELETION_REQUESTED,
                actor,
                user=user,
                details=self.grace.details(deleted_at=now),
            )
            await uow.commit()
