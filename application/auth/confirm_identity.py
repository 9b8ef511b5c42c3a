"""Make sure that whoever is about to change credentials is the account's owner.

A stolen session must not become a stolen account (OWASP ASVS 5.0 §7.5.1), so a sign-in that is no
longer recent has to be backed by the password.
"""

import attrs

from application.clock import Clock
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher
from domain.access import Actor, NotAuthenticated
from domain.auth import ReauthenticationRequired
from domain.passwords import Password, WrongPassword
from domain.users import User


@attrs.frozen
class ConfirmIdentity:
    begin: BeginUnitOfWork
    hasher: PasswordHasher
    throttle: Throttle
    clock: Clock

    async def by_password(self, password: Password, actor: Actor) -> User:
        """Answer the account as it was read; raise `WrongPassword`. Whoever saves it later holds
        its `password_hash` against the one here."""
        user_id = actor.require_owner()
        async with self.begin() as uow:
            user = await uow.users.read(user_id)
        # Whoever took over a session guesses no faster than at the door. They count where they
        # are: strangers who fail elsewhere do not hold up the owner.
        async with self.throttle.sign_in(str(user.id), actor, is_familiar=True):
            check = await self.hasher.verify(password, user.password_hash)
            if not check.matches:
                raise WrongPassword
        return user

    async def by_recent_sign_in(self, password: Password | None, actor: Actor) -> User:
        """The password where one is given; else `ReauthenticationRequired` unless the caller has
        only just signed in."""
        if password is not None:
            return await self.by_password(password, actor)
        user_id = actor.require_owner()
        if actor.session_id is None:
            raise NotAuthenticated
        async with self.begin() as uow:
            session = await uow.sessions.get(actor.session_id)
            if not session.is_recent(at=self.clock.now()):
                raise ReauthenticationRequired
            return await uow.users.read(user_id)
