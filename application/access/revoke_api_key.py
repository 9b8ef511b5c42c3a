"""End an API key: one's own, or, as a superuser, anyone's."""

import attrs

from application.audit.security_log import SecurityLog
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, ApiKeyId
from domain.api_keys import ApiKeyNotFound
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class RevokeApiKey:
    key_id: ApiKeyId


@attrs.frozen
class RevokeApiKeyHandler:
    """Asks for no password: who finds a key leaked must not be kept from ending it."""

    begin: BeginUnitOfWork
    security_log: SecurityLog

    async def __call__(self, command: RevokeApiKey, actor: Actor) -> None:
        actor.refuse_api_keys()
        async with self.begin() as uow:
            key = await uow.api_keys.get(command.key_id)
            if not (actor.is_user(key.user_id) or actor.is_superuser):
                raise ApiKeyNotFound
            owner = await uow.users.get_deleted(key.user_id)
            await uow.api_keys.remove(key)
            await self.security_log.note(
                uow,
                SecurityEvent.API_KEY_REVOKED,
                actor,
                user=owner,
                subject=str(key.id),
                details={"name": key.name, "prefix": key.prefix},
            )
            await uow.commit()
