"""What can be followed. A resource joins by

- an `EventKind` and a handler that inherits `Following`, in `application/<feature>/follow_….py`;
- an `event_table` beside its row, given to its `entity_table`, and a migration that makes it
  (`adapters/postgres/events.py`);
- a `note` with each change in memory (`adapters/memory/events.py`);
- an `EventReader` of its own, bound where the other ports are (`entrypoints/bootstrap/`);
- `add_events` to its router (`entrypoints/http/events.py`).
"""

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

import attrs

from domain.access import Actor, Permission, UserId
from domain.events import EventType

View = TypeVar("View")


@attrs.frozen(kw_only=True)
class EventKind(Generic[View]):
    """A kind of thing whose events can be followed, and by whom."""

    name: str
    """Of all of them, as permissions begin."""
    called: str
    """One of them, as the types of their events begin."""
    view: type[View]
    """Has the moment of the last change as `updated_at`."""
    permission: Permission
    """Whoever holds it is told of everything."""
    owner_of: Callable[[View], UserId] | None = None
    """Owners are told of what is theirs. Where there are none, the permission is needed."""
    types: Collection[EventType] = tuple(EventType)
    """What can happen to one."""

    @property
    def things(self) -> str:
        """In words."""
        return self.name.replace("_", " ")

    def type_of(self, what: EventType) -> str:
        """As those who follow are told it."""
        return f"{self.called}.{what.value}"

    def require_any(self, actor: Actor) -> None:
        """Raise what keeps the actor from being told of anything."""
        if self.owner_of is None:
            actor.require(self.permission)

    def is_told_to(self, actor: Actor, subject: View) -> bool:
        owner_id = self.owner(subject)
        is_own = owner_id is not None and actor.owns(owner_id, self.permission)
        return is_own or actor.can(self.permission)

    def owner(self, subject: View) -> UserId | None:
        return None if self.owner_of is None else self.owner_of(subject)
