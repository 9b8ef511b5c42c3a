"""Whether anybody's rights may have changed."""

from tests.builders import LATER, a_session, a_user
from tests.contracts.storage import Storage


async def test_is_another_once_rights_have_changed_here(storage: Storage) -> None:
    ann = a_user()
    await storage.add(ann, session := a_session(user_id=ann.id))
    before = storage.rights_changes.heard

    async with storage.begin() as uow:
        stored = await uow.sessions.get(session.id)
        stored.revoke(at=LATER)
        await uow.sessions.save(stored)
        await uow.commit()

    assert storage.rights_changes.heard != before
