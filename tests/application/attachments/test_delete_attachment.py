"""Deleting attachments: at once what is known of them, and their bytes soon after."""

from datetime import timedelta

import pytest

from application.attachments.delete_attachment import DeleteAttachment, DeleteAttachmentHandler
from application.attachments.delete_blobs import DeleteBlobs, DeleteBlobsHandler
from application.attachments.open_attachment import OpenAttachment, OpenAttachmentHandler
from application.attachments.sweep_blobs import GRACE, SweepBlobs, SweepBlobsHandler
from application.users.purge_accounts import PurgeAccountsHandler
from domain.access import SYSTEM
from domain.attachments import AttachmentNotFound
from domain.items import Item
from tests.application.attachments.test_attach_file import attach, content_of, kept
from tests.application.service import Service
from tests.builders import a_job, a_user, an_actor
from tests.builders.items import an_item

TICK = timedelta(seconds=1)


@pytest.fixture
async def lamp(service: Service) -> Item:
    await service.add(ann := a_user())
    await service.add(lamp := an_item(owner_id=ann.id))
    return lamp


def left_to_do(service: Service) -> list[DeleteBlobs]:
    payloads = [job.payload for job in service.stored.jobs.scan()]
    return [payload for payload in payloads if isinstance(payload, DeleteBlobs)]


async def do_what_is_left(service: Service) -> None:
    for payload in left_to_do(service):
        await service[DeleteBlobsHandler](payload, a_job())


async def sweep(service: Service) -> None:
    await service[SweepBlobsHandler](SweepBlobs(), a_job())


async def test_owners_delete_attachments(service: Service, lamp: Item) -> None:
    photo, other = await attach(service, lamp), await attach(service, lamp)

    await service[DeleteAttachmentHandler](
        DeleteAttachment(item_id=lamp.id, attachment_id=photo.id),
        an_actor(user_id=lamp.owner_id),
    )

    assert kept(service) == [other]
    with pytest.raises(AttachmentNotFound):
        await content_of(service, photo)
    with pytest.raises(AttachmentNotFound):
        await service[DeleteAttachmentHandler](
            DeleteAttachment(item_id=lamp.id, attachment_id=photo.id), SYSTEM
        )
    await do_what_is_left(service)
    assert set(service.blobs.blobs) == {other.blob_id}
    # As a job may be, that ended with its process before anyone was told.
    await do_what_is_left(service)


async def test_what_is_being_sent_may_be_deleted(service: Service, lamp: Item) -> None:
    photo = await attach(service, lamp)
    opened = await service[OpenAttachmentHandler](
        OpenAttachment(item_id=lamp.id, attachment_id=photo.id), SYSTEM
    )
    await service.blobs.delete([photo.blob_id])

    with pytest.raises(AttachmentNotFound):
        await anext(opened.read())


async def test_the_sweep_spares_what_is_known_and_what_is_new(service: Service, lamp: Item) -> None:
    photo, orphan = await attach(service, lamp), await attach(service, lamp)
    async with service.database() as uow:
        await uow.attachments.remove(orphan)
        await uow.commit()

    service.clock.advance(GRACE)
    await sweep(service)
    assert set(service.blobs.blobs) == {photo.blob_id, orphan.blob_id}
    service.clock.advance(TICK)
    await sweep(service)

    assert set(service.blobs.blobs) == {photo.blob_id}


async def test_nothing_of_an_account_outlives_it(
    service: Service, lamp: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.users.purge_accounts.ROWS_AT_ONCE", 2)
    await service.add(bob := a_user(deleted_at=service.clock.now() - timedelta(days=15)))
    await service.add(desk := an_item(owner_id=bob.id))
    photo = await attach(service, lamp)
    for _ in range(5):
        await attach(service, desk)

    await service[PurgeAccountsHandler](SYSTEM)

    assert kept(service) == [photo]
    await do_what_is_left(service)
    assert set(service.blobs.blobs) == {photo.blob_id}
