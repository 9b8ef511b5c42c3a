"""Change one's own password; every other session ends."""

import attrs

from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher, PasswordStrength
from domain.access import Actor
from domain.passwords import Password, WrongPassword


@attrs.frozen(kw_only=True)
class ChangePassword:
    current_password: Password
    new_password: Password


@attrs.frozen
class ChangePasswordHandler:
    begin: BeginUnitOfWork
    hasher: PasswordHasher
    strength: PasswordStrength
    clock: Clock

    async def __call__(self, command: ChangePassword, actor: Actor) -> None:
        user_id = actor.require_user()
        command.new_password.must_be_acceptable("new_password")
        async with self.begin() as uow:
            known = await uow.users.read(user_id)
        check = await self.hasher.verify(command.current_password, known.password_hash)
        if not check.matches:
            raise WrongPassword
        context = [known.email, known.username, known.full_name or ""]
        await self.strength.check(command.new_password, field="new_password", context=context)
        password_hash = await self.hasher.hash(command.new_password)

        async with self.begin() as uow:
            user = await uow.users.get(user_id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            now = self.clock.now()
            user.change_password(password_hash, at=now)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user_id, at=now, keep=actor.session_id)
            await uow.commit()
