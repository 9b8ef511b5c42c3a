"""All that is stored about an account, for its owner."""

import json

from application.users.own_data import OwnRecord
from domain.access import ANONYMOUS, SYSTEM, UserId
from domain.users import User
from tests.builders import (
    LATER,
    UPDATED,
    a_refresh_token,
    a_session,
    a_totp,
    a_user,
    an_audit_entry,
    new_id,
)
from tests.contracts.storage import Storage


async def own(storage: Storage, user_id: UserId) -> list[OwnRecord]:
    return [record async for record in storage.own_data.stream(user_id)]


async def a_full_account(storage: Storage) -> User:
    ann = a_user(last_login_at=LATER)
    session = a_session(user_id=ann.id, revoked_at=LATER)
    await storage.add(
        ann,
        session,
        a_refresh_token(session_id=session.id),
        a_totp(ann.id),
    )
    async with storage.begin() as uow:
        await uow.audit.add(an_audit_entry(target_id=ann.id, actor=ANONYMOUS))
        await uow.audit.add(an_audit_entry(target_id=ann.id, actor=SYSTEM))
        await uow.commit()
    return ann


async def test_tells_all_there_is_section_by_section(storage: Storage) -> None:
    ann = await a_full_account(storage)
    await a_full_account(storage)

    records = await own(storage, ann.id)

    assert [record.section for record in records] == [
        "account",
        "sessions",
        "totp",
        "security_events",
        "security_events",
    ]
    assert set(storage.own_data.sections) >= {record.section for record in records}
    account, session, totp = (record.values for record in records[:3])
    assert (account["email"], account["language"]) == (ann.email, "de")
    assert list(account["roles"]) == ["member"]  # type: ignore[call-overload]  # a list of either kind
    assert session["revoked_at"] == LATER
    assert (totp["confirmed_at"], totp["recovery_codes_left"]) == (UPDATED, 3)
    assert [record.values["address"] for record in records[3:]] == ["2001:db8::17", None]


async def test_tells_no_secret_and_no_hash(storage: Storage) -> None:
    ann = await a_full_account(storage)

    told = json.dumps([dict(record.values) for record in await own(storage, ann.id)], default=str)

    assert "correct horse" not in told
    for word in ("hash", "salt", "signature", "seal"):
        assert word not in told


async def test_whoever_is_not_there_has_nothing(storage: Storage) -> None:
    await a_full_account(storage)

    assert await own(storage, UserId(new_id())) == []
