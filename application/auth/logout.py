"""End the session the caller is in."""

import attrs

from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, NotAuthenticated


@attrs.frozen
class LogoutHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        if actor.session_id is None:
            raise NotAuthenticated
        async with self.begin() as uow:
            session = await uow.sessions.get(actor.session_id)
            session.revoke(at=self.clock.now())
            await uow.sessions.save(session)
            await uow.commit()
