"""Fakes in which something happens behind a use case's back."""

from collections.abc import Awaitable, Callable, Sequence

import attrs

from adapters.memory.security import PlainPasswordHasher
from application.users.ports import PasswordCheck
from domain.passwords import Password


@attrs.frozen
class MeddlingStrength:
    """Takes any password, and meanwhile something happens."""

    meanwhile: Callable[[], Awaitable[None]]

    async def check(self, password: Password, *, field: str, context: Sequence[str]) -> None:
        await self.meanwhile()


@attrs.frozen
class MeddlingHasher:
    """Checks a password as others do, and meanwhile something happens."""

    meanwhile: Callable[[], Awaitable[None]]
    hasher: PlainPasswordHasher = attrs.field(factory=PlainPasswordHasher)

    async def hash(self, password: Password) -> str:
        return await self.hasher.hash(password)

    async def verify(self, password: Password, password_hash: str | None) -> PasswordCheck:
        await self.meanwhile()
        return await self.hasher.verify(password, password_hash)

    async def must_have_room(self) -> None:
        await self.hasher.must_have_room()

    def recognises(self, password_hash: str) -> bool:
        return self.hasher.recognises(password_hash)
