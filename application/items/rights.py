"""Who reaches an item; the use cases that change one share it."""

from domain.access import Actor, Permission
from domain.items import Item, ItemNotFound


def require_reach(actor: Actor, item: Item, permission: Permission) -> None:
    """Owners reach their own items, the permission everyone's; another's item answers exactly
    like an unknown one to whom may not even see it."""
    if actor.is_user(item.owner_id) or actor.can(permission):
        return
    if not actor.can(Permission.ITEMS_READ):
        raise ItemNotFound
    actor.require(permission)
