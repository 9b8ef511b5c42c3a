"""What the use cases about accounts need from outside."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from application.paging import Slice, Window
from application.users.listing import UserFilter
from application.users.views import UserView
from domain.access import UserId
from domain.passwords import Password
from domain.users import User


class UserRepository(Protocol):
    """Whole accounts, for changing."""

    async def add(self, user: User) -> None:
        """Raise `EmailTaken`, `UsernameTaken` or `RoleNotFound`."""
        ...

    async def add_many(self, users: Sequence[User]) -> Sequence[User]:
        """Add all whose email and username are free; answer those that were not added."""
        ...

    async def get(self, user_id: UserId) -> User:
        """Locked until the unit of work ends; raise `UserNotFound`, also for a deleted one."""
        ...

    async def get_deleted(self, user_id: UserId) -> User:
        """Locked, deleted or not; raise `UserNotFound`."""
        ...

    async def read(self, user_id: UserId) -> User:
        """Not locked, for deciding only; raise `UserNotFound`, also for a deleted one."""
        ...

    async def find_by_email(self, email: str) -> User | None:
        """However it is spelled, deleted or not; not locked, for deciding only."""
        ...

    async def lock_superusers(self) -> frozenset[UserId]:
        """Those who hold the service; none of them changes until the unit of work ends. Call it
        before locking any single account."""
        ...

    async def usernames_taken(self, usernames: Collection[str]) -> frozenset[str]: ...

    async def save(self, user: User) -> None:
        """Raise `VersionMismatch`, `EmailTaken`, `UsernameTaken` or `RoleNotFound`; count the
        version up."""
        ...

    async def due_for_purge(self, *, deleted_before: datetime, limit: int) -> frozenset[UserId]:
        """Of the accounts deleted before, the first; locked, without those that somebody else has
        locked."""
        ...

    async def purge(self, user_ids: Collection[UserId]) -> None:
        """Remove them for good, with all that is theirs; what there may be too much of to go in one
        statement must be gone already."""
        ...

    async def note_login(self, user_id: UserId, *, at: datetime) -> None:
        """Not a change of the account, so its version stays."""
        ...

    async def rehash(self, user_id: UserId, password_hash: str) -> None:
        """Another hash of the same password. No change of the account either."""
        ...


class UserReader(Protocol):
    """Accounts, for showing. The deleted are never shown."""

    async def get(self, user_id: UserId) -> UserView:
        """Raise `UserNotFound`."""
        ...

    async def find(self, name: str) -> UserView | None:
        """By email, username or id, as an operator names an account."""
        ...

    async def find_deleted(self, name: str) -> UserView | None:
        """The same among the deleted."""
        ...

    async def page(self, chosen: UserFilter, window: Window) -> Slice[UserView]: ...

    def stream(self, chosen: UserFilter) -> AsyncIterator[UserView]:
        """All of them, oldest first, in constant memory and as of one moment."""
        ...


@attrs.frozen(kw_only=True)
class PasswordCheck:
    matches: bool
    is_outdated: bool = False
    """Whether it should be hashed anew, because the cost or the scheme has changed."""


class PasswordHasher(Protocol):
    """Slow on purpose, so it never runs on the event loop; `Unavailable` when too many wait."""

    async def hash(self, password: Password) -> str: ...

    async def verify(self, password: Password, password_hash: str | None) -> PasswordCheck:
        """Takes the same time where there is no hash to compare with."""
        ...

    async def must_have_room(self) -> None:
        """Raise `Unavailable` when too many wait, before anything else is done for one more."""
        ...

    def recognises(self, password_hash: str) -> bool:
        """Whether a hash from elsewhere is one that `verify` can compare with."""
        ...


class PasswordStrength(Protocol):
    async def check(self, password: Password, *, field: str, context: Sequence[str]) -> None:
        """Raise `Invalid`, saying what is weak, where a guesser who knows the context words would
        find the password soon."""
        ...
