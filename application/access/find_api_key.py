"""Find a user's API key by its prefix or its id, as operators name it."""

import attrs

from application.access.ports import ApiKeyReader
from application.access.views import ApiKeyView
from domain.access import Actor, UserId
from domain.api_keys import ApiKeyNotFound


@attrs.frozen(kw_only=True)
class FindApiKey:
    owner_id: UserId
    name: str


@attrs.frozen
class FindApiKeyHandler:
    api_keys: ApiKeyReader

    async def __call__(self, command: FindApiKey, actor: Actor) -> ApiKeyView:
        actor.require_superuser("Only a superuser sees another's API keys.")
        key = await self.api_keys.find(command.owner_id, command.name)
        if key is None:
            raise ApiKeyNotFound(f"This account has no API key {command.name!r}.")
        return key
