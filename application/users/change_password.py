"""Change one's own password; every other session ends."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.confirm_identity import ConfirmIdentity
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher, PasswordStrength
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.one_time_tokens import ASKED_FOR_BY_PASSWORD
from domain.passwords import Password, WrongPassword


@attrs.frozen(kw_only=True)
class ChangePassword:
    current_password: Password
    new_password: Password


@attrs.frozen
class ChangePasswordHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    hasher: PasswordHasher
    strength: PasswordStrength
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: ChangePassword, actor: Actor) -> None:
        actor.require_owner()
        command.new_password.must_be_acceptable("new_password")
        known = await self.confirm_identity.by_password(command.current_password, actor)
        context = [known.email, known.username, known.full_name or ""]
        await self.strength.check(command.new_password, field="new_password", context=context)
        password_hash = await self.hasher.hash(command.new_password)

        async with self.begin() as uow:
            user = await uow.users.get(known.id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            now = self.clock.now()
            user.change_password(password_hash, at=now)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user.id, at=now, keep=actor.session_id)
            await uow.one_time_tokens.end_all(user.id, ASKED_FOR_BY_PASSWORD)
            await self.security_log.note(uow, SecurityEvent.PASSWORD_CHANGED, actor, user=user)
            await uow.commit()
