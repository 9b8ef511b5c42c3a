"""API keys in memory."""

from datetime import datetime

import attrs

from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from application.access.views import ApiKeyView
from application.paging import Slice, Window
from domain.access import ApiKeyId, UserId
from domain.api_keys import ApiKey, ApiKeyNotFound, is_use_to_be_noted
from domain.users import UserNotFound


@attrs.frozen
class MemoryApiKeyRepository:
    tables: Tables

    async def add(self, key: ApiKey) -> None:
        if self.tables.users.find(key.user_id) is None:
            raise UserNotFound
        self.tables.api_keys.add(key)

    async def get(self, key_id: ApiKeyId) -> ApiKey:
        return self.tables.api_keys.get(key_id, ApiKeyNotFound)

    async def remove(self, key: ApiKey) -> None:
        self.tables.api_keys.remove(key.id)

    async def remove_all(self, owner_id: UserId) -> int:
        ending = [key.id for key in self.tables.api_keys.scan() if key.user_id == owner_id]
        for key_id in ending:
            self.tables.api_keys.remove(key_id)
        return len(ending)

    async def count_live(self, owner_id: UserId, *, at: datetime) -> int:
        return sum(
            key.user_id == owner_id and (key.expires_at is None or key.expires_at > at)
            for key in self.tables.api_keys.scan()
        )

    async def note_use(self, key_id: ApiKeyId, *, at: datetime) -> None:
        key = self.tables.api_keys.find(key_id)
        if key is not None and is_use_to_be_noted(key.last_used_at, at=at):
            key.last_used_at = at
            self.tables.api_keys.replace(key)


@attrs.frozen
class MemoryApiKeyReader:
    database: Committed

    async def page(self, owner_id: UserId, window: Window) -> Slice[ApiKeyView]:
        return page_of(map(ApiKeyView.of, self._of(owner_id)), window)

    async def find(self, owner_id: UserId, name: str) -> ApiKeyView | None:
        for key in self._of(owner_id):
            if name in {key.prefix, str(key.id)}:
                return ApiKeyView.of(key)
        return None

    def _of(self, owner_id: UserId) -> list[ApiKey]:
        return [key for key in self.database.tables.api_keys.scan() if key.user_id == owner_id]
