"""Set an account's password from the operator's chair; every session of it ends."""

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher, PasswordStrength
from application.users.rights import require_command
from domain.access import Actor, UserId
from domain.audit import SecurityEvent
from domain.one_time_tokens import ASKED_FOR_BY_PASSWORD
from domain.passwords import Password


@attrs.frozen(kw_only=True)
class SetPassword:
    user_id: UserId
    password: Password


@attrs.frozen
class SetPasswordHandler:
    begin: BeginUnitOfWork
    hasher: PasswordHasher
    strength: PasswordStrength
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: SetPassword, actor: Actor) -> None:
        actor.require_superuser("Only a superuser sets another's password.")
        command.password.must_be_acceptable("password")
        async with self.begin() as uow:
            known = await uow.users.read(command.user_id)
        context = [known.email, known.username, known.full_name or ""]
        await self.strength.check(command.password, field="password", context=context)
        password_hash = await self.hasher.hash(command.password)
        async with self.begin() as uow:
            user = await uow.users.get(command.user_id)
            require_command(actor, user)
            now = self.clock.now()
            user.change_password(password_hash, at=now)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user.id, at=now)
            await uow.one_time_tokens.end_all(user.id, ASKED_FOR_BY_PASSWORD)
            await self.security_log.note(uow, SecurityEvent.PASSWORD_CHANGED, actor, user=user)
            await uow.commit()
