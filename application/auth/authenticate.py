"""Find out on whose behalf a request comes."""

import attrs

from application.auth.ports import AccessTokens, CallerReader
from application.clock import Clock
from domain.access import Actor, NotAuthenticated
from domain.auth import TokenExpired, TokenRevoked
from domain.users import InactiveUser


@attrs.frozen
class AuthenticateHandler:
    """Runs before every authenticated use case, so it asks nothing that is not cached."""

    tokens: AccessTokens
    callers: CallerReader
    clock: Clock

    async def __call__(self, token: str) -> Actor:
        claims = self.tokens.verify(token)
        caller = await self.callers.find(claims.session_id)
        if caller is None or caller.actor.user_id != claims.user_id:
            raise NotAuthenticated
        if not caller.is_active:
            raise InactiveUser
        if caller.revoked_at is not None:
            raise TokenRevoked
        if caller.expires_at <= self.clock.now():
            raise TokenExpired
        return caller.actor
