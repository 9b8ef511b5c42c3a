"""Make an API key, for a program to act in one's place."""

from collections.abc import Collection
from datetime import datetime

import attrs

from application.access.ports import ApiKeySecrets
from application.access.views import ApiKeyView, IssuedApiKey
from application.audit.security_log import SecurityLog
from application.auth.confirm_identity import ConfirmIdentity
from application.clock import Clock, NewId
from application.unit_of_work import BeginUnitOfWork
from domain.access import HELD_OVER_ONES_OWN, Actor, ApiKeyId, Permission
from domain.api_keys import MAX_LIVE_API_KEYS, ApiKey, TooManyApiKeys
from domain.audit import SecurityEvent
from domain.passwords import Password


@attrs.frozen(kw_only=True)
class CreateApiKey:
    name: str
    permissions: Collection[Permission]
    expires_at: datetime | None = None
    password: Password | None = None
    """Where the sign-in is not recent."""


@attrs.frozen
class CreateApiKeyHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    secrets: ApiKeySecrets
    security_log: SecurityLog
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateApiKey, actor: Actor) -> IssuedApiKey:
        owner_id = actor.require_owner()
        secret = self.secrets.fresh()
        key = ApiKey.make(
            ApiKeyId(self.new_id()),
            owner_id,
            name=command.name,
            prefix=secret.prefix,
            key_hash=secret.key_hash,
            permissions=command.permissions,
            expires_at=command.expires_at,
            at=self.clock.now(),
        )
        actor.require_all(key.permissions - HELD_OVER_ONES_OWN)
        await self.confirm_identity.by_recent_sign_in(command.password, actor)
        async with self.begin() as uow:
            owner = await uow.users.get(owner_id)
            if await uow.api_keys.count_live(owner_id, at=key.created_at) >= MAX_LIVE_API_KEYS:
                raise TooManyApiKeys
            await uow.api_keys.add(key)
            await self.security_log.note(
                uow,
                SecurityEvent.API_KEY_CREATED,
                actor,
                user=owner,
                subject=str(key.id),
                details={
                    "name": key.name,
                    "prefix": key.prefix,
                    "permissions": [*sorted(key.permissions)],
                },
            )
            await uow.commit()
        return IssuedApiKey(**attrs.asdict(ApiKeyView.of(key)), key=secret.text)
