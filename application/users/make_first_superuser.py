"""Give a fresh installation someone who may do everything."""

import attrs

from application.unit_of_work import BeginUnitOfWork
from application.users.register_user import RegisterUser, RegisterUserHandler
from domain.access import Actor
from domain.passwords import Password


@attrs.frozen(kw_only=True)
class MakeFirstSuperuser:
    email: str
    password: Password


@attrs.frozen
class MakeFirstSuperuserHandler:
    begin: BeginUnitOfWork
    register: RegisterUserHandler

    async def __call__(self, command: MakeFirstSuperuser, actor: Actor) -> bool:
        """Answer whether one was made; where there is a superuser already, nothing is."""
        actor.require_superuser("Only the system makes the first superuser.")
        async with self.begin() as uow:
            if await uow.users.lock_superusers():
                return False
        new = RegisterUser(
            email=command.email,
            password=command.password,
            is_superuser=True,
            email_verified=True,
        )
        await self.register(new, actor)
        return True
