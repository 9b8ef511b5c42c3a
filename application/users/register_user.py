"""Make an account: anyone's own where sign-up is open, or any with the permission."""

from collections.abc import Collection

import attrs

from application.audit.security_log import SecurityLog
from application.changes import UNSET, Unset
from application.clock import Clock, NewId
from application.mail.account_mail import AccountMail
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher, PasswordStrength
from application.users.views import UserView
from domain.access import MEMBER, Actor, Permission, PermissionDenied, RoleName, UserId
from domain.audit import SecurityEvent
from domain.one_time_tokens import TokenPurpose
from domain.passwords import Password
from domain.users import User, UsernameTaken, preferred_language, username_from_email


@attrs.frozen(kw_only=True)
class RegisterUser:
    email: str
    password: Password
    username: str | None = None
    full_name: str | None = None
    is_active: bool | Unset = UNSET
    is_superuser: bool | Unset = UNSET
    roles: Collection[RoleName] | Unset = UNSET
    email_verified: bool = False
    """On the word of whoever runs the service; nobody is written to."""

    @property
    def sets_rights(self) -> bool:
        return (self.is_active, self.is_superuser, self.roles) != (UNSET, UNSET, UNSET)


@attrs.frozen
class SignUp:
    """Whether strangers may make accounts of their own."""

    is_open: bool = True


@attrs.frozen
class RegisterUserHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    account_mail: AccountMail
    hasher: PasswordHasher
    strength: PasswordStrength
    clock: Clock
    new_id: NewId
    sign_up: SignUp
    throttle: Throttle

    async def __call__(self, command: RegisterUser, actor: Actor) -> UserView:
        if not self.sign_up.is_open:
            actor.require(Permission.USERS_CREATE)
        if command.sets_rights and not actor.can(Permission.USERS_CREATE):
            raise PermissionDenied("Rights can be set with the permission users:create only.")
        if not actor.can(Permission.USERS_CREATE):
            await self.throttle.sign_up(actor)
        if command.is_superuser is True:
            actor.require_superuser("Only a superuser makes superusers.")
        if command.email_verified:
            actor.require_superuser("Only a superuser vouches for another's address.")

        user = self._new_user(command, actor)
        command.password.must_be_acceptable("password")
        context = [user.email, user.username, user.full_name or ""]
        await self.strength.check(command.password, field="password", context=context)
        user.password_hash = await self.hasher.hash(command.password)
        try:
            return await self._add(user, command, actor)
        except UsernameTaken:
            if command.username is not None:
                raise
            user.username = f"{user.username}-{user.id.hex[-8:]}"
            return await self._add(user, command, actor)

    async def _add(self, user: User, command: RegisterUser, actor: Actor) -> UserView:
        async with self.begin() as uow:
            granted = await uow.roles.permissions_of(user.roles)
            if command.roles is not UNSET:
                actor.require_all(granted)
            await uow.users.add(user)
            await self.security_log.note(uow, SecurityEvent.SIGNED_UP, actor, user=user)
            if not user.email_verified:
                await self.account_mail.send(uow, user, "welcome", link=TokenPurpose.VERIFY_EMAIL)
            await uow.commit()
        return UserView.of(user, granted)

    def _new_user(self, command: RegisterUser, actor: Actor) -> User:
        now = self.clock.now()
        return User(
            id=UserId(self.new_id()),
            email=command.email,
            username=command.username or username_from_email(command.email),
            full_name=command.full_name,
            is_active=command.is_active is not False,
            is_superuser=command.is_superuser is True,
            email_verified=command.email_verified,
            language=preferred_language(actor.origin.language),
            roles=frozenset({MEMBER} if command.roles is UNSET else command.roles),
            created_at=now,
            updated_at=now,
        )
