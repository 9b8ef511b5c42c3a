"""Accounts that go for good."""

from datetime import timedelta

import pytest

from domain.auth import SessionNotFound
from domain.users import UserNotFound
from tests.builders import (
    CREATED,
    a_refresh_token,
    a_session,
    a_user,
)
from tests.contracts.storage import Storage

DAY = timedelta(days=1)


async def test_finds_who_was_deleted_long_enough_ago(storage: Storage) -> None:
    first, second, late = (a_user(deleted_at=CREATED + number * DAY) for number in range(3))
    await storage.add(late, second, first, a_user())

    async with storage.begin() as uow:
        due = uow.users.due_for_purge
        before = CREATED + 2 * DAY
        assert await due(deleted_before=before, limit=9) == {first.id, second.id}
        assert await due(deleted_before=before, limit=1) == {first.id}
        assert await due(deleted_before=CREATED, limit=9) == frozenset()


async def test_a_purge_leaves_nothing_of_an_account(storage: Storage) -> None:
    ann, bob = a_user(), a_user()
    session, kept = a_session(user_id=ann.id), a_session(user_id=bob.id)
    token = a_refresh_token(session_id=session.id)
    await storage.add(ann, bob, session, kept, token)

    async with storage.begin() as uow:
        await uow.users.purge({ann.id})
        await uow.commit()

    async with storage.begin() as uow:
        with pytest.raises(UserNotFound):
            await uow.users.get_deleted(ann.id)
        with pytest.raises(SessionNotFound):
            await uow.sessions.get(session.id)
        assert await uow.refresh_tokens.find(token.token_hash) is None
        assert await uow.sessions.get(kept.id) == kept
    await storage.add(a_user(email=ann.email, username=ann.username))
