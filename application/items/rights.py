"""Who reaches an item; the use cases that change one share it."""

from domain.access import Actor, Permission, UserId
from domain.items import ItemNotFound


def require_reach(actor: Actor, owner_id: UserId, permission: Permission) -> None:
    """Owners reach their own items, the permission everyone's; an item answers exactly like an
    unknown one to whom may not even see it."""
    if reaches(actor, owner_id, permission):
        return
    if not reaches(actor, owner_id, Permission.ITEMS_READ):
        raise ItemNotFound
    actor.require(permission)


def reaches(actor: Actor, owner_id: UserId, permission: Permission) -> bool:
    return actor.owns(owner_id, permission) or actor.can(permission)
