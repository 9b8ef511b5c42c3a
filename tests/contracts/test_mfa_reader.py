"""What a user has beside the password."""

from application.auth.views import MfaView
from tests.builders import UPDATED, a_totp, a_user
from tests.contracts.storage import Storage

NOTHING = MfaView(totp=False, totp_enabled_at=None, recovery_codes_left=0)


async def test_shows_an_app_that_is_on(storage: Storage) -> None:
    ann, bob = a_user(), a_user()
    await storage.add(ann, bob, a_totp(ann.id))

    shown = await storage.mfa.get(ann.id)

    assert shown == MfaView(totp=True, totp_enabled_at=UPDATED, recovery_codes_left=3)
    assert await storage.mfa.get(bob.id) == NOTHING


async def test_shows_nothing_of_one_that_was_never_confirmed(storage: Storage) -> None:
    ann = a_user()
    await storage.add(ann, a_totp(ann.id, confirmed_at=None))

    assert await storage.mfa.get(ann.id) == NOTHING


async def test_shows_when_no_recovery_code_is_left(storage: Storage) -> None:
    ann = a_user()
    await storage.add(ann, a_totp(ann.id, recovery_codes=frozenset()))

    shown = await storage.mfa.get(ann.id)

    assert (shown.totp, shown.recovery_codes_left) == (True, 0)
