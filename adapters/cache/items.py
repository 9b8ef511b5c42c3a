"""Items, for showing, from a cache."""

import hashlib
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from uuid import UUID

import attrs
from pydantic_core import from_json, to_json

from application.cache import Cache
from application.items.listing import ItemFilter
from application.items.ports import ItemReader
from application.items.views import ItemView
from application.paging import Slice, Window
from domain.access import UserId
from domain.items import ItemId
from domain.text import Json

_FIELDS = [field.name for field in attrs.fields(ItemView)]
# A version that shows other fields does not read what this one keeps.
_SHAPE = hashlib.sha256(" ".join(_FIELDS).encode()).hexdigest()[:8]


@attrs.frozen
class CachedItemReader:
    """An `ItemReader` in front of another. Single items are kept; lists are not, for any change
    may be one of theirs."""

    reader: ItemReader
    cache: Cache[ItemView]

    async def get(self, item_id: ItemId) -> ItemView:
        return _apart(await self.cache.get(_key(item_id), lambda: self.reader.get(item_id)))

    async def page(self, chosen: ItemFilter, window: Window) -> Slice[ItemView]:
        return await self.reader.page(chosen, window)

    def stream(self, chosen: ItemFilter) -> AsyncIterator[ItemView]:
        return self.reader.stream(chosen)

    async def drop(self, ids: Collection[UUID]) -> None:
        await self.cache.drop([*map(_key, ids)])

    def forget(self, ids: Collection[UUID]) -> None:
        self.cache.forget([*map(_key, ids)])


def _key(item_id: UUID) -> str:
    return f"item:{_SHAPE}:{item_id.hex}"


def _apart(view: ItemView) -> ItemView:
    """The same for one who may do with its attributes as they please."""
    return ItemView(
        view.id,
        view.owner_id,
        view.title,
        view.description,
        view.status,
        {name: _copied(value) for name, value in view.attributes.items()},
        view.created_at,
        view.updated_at,
        view.version,
    )


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _copied(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_copied(member) for member in value]
    return value


def item_as_bytes(view: ItemView) -> bytes:
    return to_json([getattr(view, name) for name in _FIELDS])


def item_of_bytes(kept: bytes) -> ItemView:
    (
        item_id,
        owner_id,
        title,
        description,
        status,
        attributes,
        created_at,
        updated_at,
        version,
    ) = from_json(kept)
    return ItemView(
        ItemId(UUID(item_id)),
        UserId(UUID(owner_id)),
        title,
        description,
        status,
        attributes,
        datetime.fromisoformat(created_at),
        datetime.fromisoformat(updated_at),
        version,
    )
