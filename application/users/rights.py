"""Rules about acting on an account that several use cases share."""

from domain.access import Actor, Permission, UserId
from domain.users import LastSuperuser, User, UserNotFound


def require_reach(actor: Actor, user_id: UserId, permission: Permission) -> None:
    """Another's account answers as an unknown one to whom may neither see nor touch accounts. A
    program may see whom it acts for, and leaves that account alone."""
    if actor.is_user(user_id) and permission is not Permission.USERS_READ:
        actor.refuse_api_keys()
    if actor.is_user(user_id) or actor.can(permission):
        return
    actor.require_freedom()
    if actor.user_id is not None and not actor.can(Permission.USERS_READ):
        raise UserNotFound
    actor.require(permission)


def require_command(actor: Actor, user: User) -> None:
    """Only superusers act on other superusers: else a lesser right would be a way up."""
    if user.is_superuser and not actor.is_user(user.id):
        actor.require_superuser("Only a superuser may act on a superuser's account.")


def require_another_superuser(user: User, superusers: frozenset[UserId]) -> None:
    if superusers <= {user.id}:
        raise LastSuperuser
