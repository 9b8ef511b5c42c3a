"""Say what a token is worth at this moment (RFC 7662)."""

from datetime import datetime
from typing import Literal

import attrs

from application.auth.ports import AccessTokens, CallerReader, RefreshSecrets
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, SessionId, UserId
from domain.auth import TokenExpired, TokenRevoked
from domain.errors import Unauthenticated
from domain.users import InactiveUser


@attrs.frozen(kw_only=True)
class IntrospectToken:
    token: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class LiveToken:
    """A token that is good right now."""

    kind: Literal["access_token", "refresh_token"]
    user_id: UserId
    session_id: SessionId
    scope: str
    issued_at: datetime
    expires_at: datetime
    token_id: str | None = None


@attrs.frozen
class IntrospectTokenHandler:
    """A token of somebody else's is shown with the permission only; to everyone else it is as
    dead as one that never was (RFC 7662 §2.2)."""

    begin: BeginUnitOfWork
    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    callers: CallerReader
    clock: Clock

    async def __call__(self, command: IntrospectToken, actor: Actor) -> LiveToken | None:
        actor.require_account()
        found = await self._access_token(command.token) or await self._refresh_token(command.token)
        if found is None:
            return None
        is_own = actor.api_key_id is None and actor.is_user(found.user_id)
        return found if is_own or actor.can(Permission.TOKENS_INTROSPECT) else None

    async def _access_token(self, text: str) -> LiveToken | None:
        try:
            claims = self.access_tokens.verify(text)
        except Unauthenticated:
            return None
        return await self._live(
            LiveToken(
                kind="access_token",
                user_id=claims.user_id,
                session_id=claims.session_id,
                scope="",
                issued_at=claims.issued_at,
                expires_at=claims.expires_at,
                token_id=claims.token_id,
            )
        )

    async def _refresh_token(self, text: str) -> LiveToken | None:
        async with self.begin() as uow:
            token = await uow.refresh_tokens.find(self.refresh_secrets.hash(text))
            if token is None or token.spent_at is not None or token.expires_at <= self.clock.now():
                return None
            session = await uow.sessions.get(token.session_id)
        return await self._live(
            LiveToken(
                kind="refresh_token",
                user_id=session.user_id,
                session_id=session.id,
                scope="",
                issued_at=token.created_at,
                expires_at=token.expires_at,
            )
        )

    async def _live(self, token: LiveToken) -> LiveToken | None:
        """With what it permits; None where its session or its user is not good any more."""
        caller = await self.callers.find(token.session_id)
        if caller is None or not caller.actor.is_user(token.user_id):
            return None
        try:
            caller.must_be_live(at=self.clock.now())
        except (InactiveUser, TokenRevoked, TokenExpired):
            return None
        permissions = Permission if caller.actor.is_superuser else caller.actor.permissions
        return attrs.evolve(token, scope=" ".join(sorted(permissions)))
