"""Encrypting anew what an older key encrypted."""

import pytest

from adapters.memory.security import PlainSecretCipher
from application.auth.ports import SecretCipher
from application.auth.rotate_data_key import BATCH_SIZE, RotateDataKey, RotateDataKeyHandler
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated
from tests.application.authenticators import asked_for_a_code, show, signed_in, turned_on
from tests.application.service import Service
from tests.builders import a_totp, a_user


async def test_the_older_key_can_be_dropped_afterwards(service: Service) -> None:
    await service.add(ann := a_user())
    app = await turned_on(service, await signed_in(service, ann))
    service.use(SecretCipher, PlainSecretCipher("key-2", frozenset({"key-1"})))

    rotated = await service[RotateDataKeyHandler](RotateDataKey(), SYSTEM)

    assert (rotated.key_id, rotated.rotated, rotated.unreadable) == ("key-2", 1, 0)
    service.use(SecretCipher, PlainSecretCipher("key-2"))
    await show(service, await asked_for_a_code(service, ann), app.code())


async def test_changes_nothing_but_the_seal(service: Service) -> None:
    await service.add(ann := a_user(), before := a_totp(ann.id))
    service.use(SecretCipher, PlainSecretCipher("key-2", frozenset({"key-1"})))

    await service[RotateDataKeyHandler](RotateDataKey(), SYSTEM)

    before.key_id = "key-2"
    assert service.stored.totps.find(ann.id) == before


async def test_goes_through_all_in_batches_and_once(service: Service) -> None:
    users = [a_user() for _ in range(2 * BATCH_SIZE + 1)]
    await service.add(*users, *(a_totp(user.id) for user in users))
    service.use(SecretCipher, PlainSecretCipher("key-2", frozenset({"key-1"})))
    reported: list[int] = []
    command = RotateDataKey(report=reported.append)

    first = await service[RotateDataKeyHandler](command, SYSTEM)
    again = await service[RotateDataKeyHandler](command, SYSTEM)

    assert (first.rotated, again.rotated) == (len(users), 0)
    assert reported == [BATCH_SIZE, BATCH_SIZE, 1]


async def test_passes_over_what_no_key_opens(service: Service) -> None:
    users = [a_user() for _ in range(BATCH_SIZE + 2)]
    lost, *others = [a_totp(user.id) for user in users]
    lost.key_id = "lost"
    await service.add(*users, lost, *others)
    service.use(SecretCipher, PlainSecretCipher("key-2", frozenset({"key-1"})))

    rotated = await service[RotateDataKeyHandler](RotateDataKey(), SYSTEM)

    assert (rotated.rotated, rotated.unreadable) == (len(others), 1)
    assert service.stored.totps.find(lost.user_id) == lost


async def test_is_for_operators(service: Service) -> None:
    with pytest.raises(NotAuthenticated):
        await service[RotateDataKeyHandler](RotateDataKey(), ANONYMOUS)
