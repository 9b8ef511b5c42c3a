"""Find out on whose behalf a request comes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import attrs

from application.access.ports import ApiKeySecrets
from application.auth.admission import Admission
from application.auth.ports import AccessClaims, AccessTokens, Caller, CallerReader, RightsChanges
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, NotAuthenticated
from domain.api_keys import API_KEY_MARK, is_use_to_be_noted


@attrs.frozen
class EmailVerification:
    """Whether the unverified reach nothing but their own account."""

    is_required: bool = False


@attrs.frozen
class AuthenticateHandler:
    """Runs before every authenticated use case, so it asks nothing that is not cached."""

    tokens: AccessTokens
    api_key_secrets: ApiKeySecrets
    callers: CallerReader
    rights: RightsChanges
    begin: BeginUnitOfWork
    clock: Clock
    email_verification: EmailVerification

    async def __call__(self, token: str) -> Actor:
        """By an access token or an API key."""
        if token.startswith(API_KEY_MARK):
            return await self.by_api_key(token)
        caller = await self._by_claims(self.tokens.verify(token))
        return caller.actor

    async def by_api_key(self, text: str) -> Actor:
        key_hash = self.api_key_secrets.hash_of(text)
        if key_hash is None:
            raise NotAuthenticated
        caller = await self._by_key_hash(key_hash)
        return caller.actor

    def admit(self, token: str) -> Admission:
        """For longer than a request. Nobody is let in who is not found by it."""
        if token.startswith(API_KEY_MARK):
            return self.admit_by_api_key(token)
        claims = self.tokens.verify(token)
        return self._admitted(partial(self._by_claims, claims), claims.expires_at)

    def admit_by_api_key(self, text: str) -> Admission:
        key_hash = self.api_key_secrets.hash_of(text)
        if key_hash is None:
            raise NotAuthenticated
        return self._admitted(partial(self._by_key_hash, key_hash), None)

    def _admitted(
        self, find: Callable[[], Awaitable[Caller]], expires_at: datetime | None
    ) -> Admission:
        return Admission(find=find, rights=self.rights, clock=self.clock, expires_at=expires_at)

    async def _by_claims(self, claims: AccessClaims) -> Caller:
        caller = await self.callers.find(claims.session_id)
        if caller is None or caller.actor.user_id != claims.user_id:
            raise NotAuthenticated
        caller.must_be_live(at=self.clock.now())
        return self._acting(caller)

    async def _by_key_hash(self, key_hash: bytes) -> Caller:
        caller = await self.callers.find_by_api_key(key_hash)
        if caller is None:
            raise NotAuthenticated
        caller.must_be_live(at=self.clock.now())
        await self._note_use_of(caller)
        return self._acting(caller)

    def _acting(self, caller: Caller) -> Caller:
        if self.email_verification.is_required and not caller.email_verified:
            return attrs.evolve(caller, actor=attrs.evolve(caller.actor, is_confined=True))
        return caller

    async def _note_use_of(self, caller: Caller) -> None:
        now = self.clock.now()
        key_id = caller.actor.api_key_id
        if key_id is not None and is_use_to_be_noted(caller.last_used_at, at=now):
            async with self.begin() as uow:
                await uow.api_keys.note_use(key_id, at=now)
                await uow.commit()
