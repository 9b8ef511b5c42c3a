"""Authenticator apps in memory."""

from collections.abc import Collection, Sequence

import attrs

from adapters.memory.tables import Committed, Tables
from application.auth.views import MfaView
from domain.access import UserId
from domain.totp import Totp
from domain.users import UserNotFound


@attrs.frozen
class MemoryTotpRepository:
    tables: Tables

    async def put(self, totp: Totp) -> None:
        if self.tables.users.find(totp.user_id) is None:
            raise UserNotFound
        await self.remove(totp.user_id)
        self.tables.totps.add(totp)

    async def find(self, user_id: UserId) -> Totp | None:
        return self.tables.totps.find(user_id)

    async def is_on(self, user_id: UserId) -> bool:
        totp = await self.find(user_id)
        return totp is not None and totp.is_on

    async def save(self, totp: Totp) -> None:
        stored = await self.find(totp.user_id)
        if stored is not None:
            self.tables.totps.replace(attrs.evolve(totp, last_step=stored.last_step))

    async def accept_step(self, user_id: UserId, step: int) -> bool:
        totp = await self.find(user_id)
        if totp is None or (totp.last_step is not None and totp.last_step >= step):
            return False
        self.tables.totps.replace(attrs.evolve(totp, last_step=step))
        return True

    async def spend_recovery_code(self, user_id: UserId, code_hash: bytes) -> bool:
        totp = await self.find(user_id)
        if totp is None or not totp.is_on or code_hash not in totp.recovery_codes:
            return False
        left = totp.recovery_codes - {code_hash}
        self.tables.totps.replace(attrs.evolve(totp, recovery_codes=left))
        return True

    async def remove(self, user_id: UserId) -> None:
        if self.tables.totps.find(user_id) is not None:
            self.tables.totps.remove(user_id)

    async def sealed_by_others(
        self, key_id: str, *, after: UserId | None, limit: int
    ) -> Sequence[Totp]:
        others = [
            attrs.evolve(totp)
            for totp in self.tables.totps.scan()
            if totp.key_id != key_id and (after is None or totp.user_id > after)
        ]
        return sorted(others, key=lambda totp: totp.user_id)[:limit]

    async def count_sealed_by_others(self, key_ids: Collection[str]) -> int:
        return sum(totp.key_id not in key_ids for totp in self.tables.totps.scan())


@attrs.frozen
class MemoryMfaReader:
    database: Committed

    async def get(self, user_id: UserId) -> MfaView:
        totp = self.database.tables.totps.find(user_id)
        if totp is None or not totp.is_on:
            return MfaView(totp=False, totp_enabled_at=None, recovery_codes_left=0)
        return MfaView(
            totp=True,
            totp_enabled_at=totp.confirmed_at,
            recovery_codes_left=len(totp.recovery_codes),
        )
