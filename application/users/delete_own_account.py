"""Delete one's own account, softly, after repeating the password."""

from collections.abc import Collection

import attrs

from application.auth.confirm_identity import ConfirmIdentity
from application.changes import require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.rights import require_another_superuser
from domain.access import Actor
from domain.passwords import Password, WrongPassword


@attrs.frozen(kw_only=True)
class DeleteOwnAccount:
    password: Password
    expected_versions: Collection[int] | None = None


@attrs.frozen
class DeleteOwnAccountHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    clock: Clock

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
            user.delete(at=now)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user.id, at=now)
            await uow.commit()
