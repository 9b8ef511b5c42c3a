"""Finding that a key which is still needed is set no more."""

from datetime import timedelta

import pytest

from adapters.memory.audit import PlainAuditSigner
from adapters.memory.security import PlainSecretCipher
from application.audit.ports import AuditSigner
from application.audit.seal_audit import SealAuditHandler
from application.auth.check_keys import CheckedKeys, CheckKeysHandler
from application.auth.ports import SecretCipher
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated
from tests.application.service import Service
from tests.builders import a_totp, a_user

WELL = CheckedKeys(unreadable=0, seals_trail=True)


@pytest.fixture
async def used(service: Service) -> Service:
    """It has encrypted secrets, and sealed some of its trail."""
    ann, bob, cyd = a_user(), a_user(), a_user()
    await service.add(ann, bob, cyd, a_totp(ann.id), a_totp(bob.id))
    await service.sign_in(cyd)
    service.clock.advance(timedelta(minutes=1))
    assert (await service[SealAuditHandler](SYSTEM)).sealed
    return service


async def test_a_service_that_was_never_used_lacks_nothing(service: Service) -> None:
    assert await service[CheckKeysHandler](SYSTEM) == WELL


async def test_keys_that_are_set_or_kept_are_all_there_are(used: Service) -> None:
    assert await used[CheckKeysHandler](SYSTEM) == WELL
    used.use(SecretCipher, PlainSecretCipher("key-2", frozenset({"key-1"})))
    assert await used[CheckKeysHandler](SYSTEM) == WELL


async def test_finds_what_a_key_that_is_gone_encrypted(used: Service) -> None:
    used.use(SecretCipher, PlainSecretCipher("key-2"))
    assert await used[CheckKeysHandler](SYSTEM) == CheckedKeys(unreadable=2, seals_trail=True)


async def test_finds_a_trail_that_a_key_which_is_gone_signed(used: Service) -> None:
    used.use(AuditSigner, PlainAuditSigner(b"another"))
    assert await used[CheckKeysHandler](SYSTEM) == CheckedKeys(unreadable=0, seals_trail=False)


async def test_is_for_operators(service: Service) -> None:
    with pytest.raises(NotAuthenticated):
        await service[CheckKeysHandler](ANONYMOUS)
