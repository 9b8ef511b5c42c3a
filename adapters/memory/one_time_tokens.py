"""One-time tokens in memory."""

from collections.abc import Collection, Iterable
from datetime import datetime

import attrs

from adapters.memory.tables import Tables
from domain.access import UserId
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId, TokenPurpose
from domain.users import UserNotFound


@attrs.frozen
class MemoryOneTimeTokenRepository:
    tables: Tables

    async def add(self, token: OneTimeToken) -> None:
        if self.tables.users.find(token.user_id) is None:
            raise UserNotFound
        self._remove(
            each
            for each in self.tables.one_time_tokens.scan()
            if (each.user_id, each.purpose, each.email)
            == (token.user_id, token.purpose, token.email)
        )
        self.tables.one_time_tokens.add(token)

    async def find(self, token_id: OneTimeTokenId, *, at: datetime) -> OneTimeToken | None:
        token = self.tables.one_time_tokens.find(token_id)
        if token is None or token.spent_at is not None or at >= token.expires_at:
            return None
        return token

    async def spend(self, token_id: OneTimeTokenId, *, at: datetime) -> OneTimeToken | None:
        token = await self.find(token_id, at=at)
        if token is not None:
            token.spent_at = at
            self.tables.one_time_tokens.replace(token)
        return token

    async def end_all(self, user_id: UserId, purposes: Collection[TokenPurpose]) -> None:
        self._remove(
            each
            for each in self.tables.one_time_tokens.scan()
            if each.user_id == user_id and each.purpose in purposes
        )

    async def sweep(self, *, before: datetime) -> int:
        return self._remove(
            each for each in self.tables.one_time_tokens.scan() if each.expires_at <= before
        )

    def _remove(self, tokens: Iterable[OneTimeToken]) -> int:
        ending = [token.id for token in tokens]
        for token_id in ending:
            self.tables.one_time_tokens.remove(token_id)
        return len(ending)
