"""Attaching files to items."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from adapters.memory.unit_of_work import MemoryDatabase, MemoryUnitOfWork
from application.attachments.attach_file import AttachFile, AttachFileHandler
from application.attachments.delete_attachment import DeleteAttachment, DeleteAttachmentHandler
from application.attachments.limits import AttachmentLimits
from application.attachments.list_attachments import ListAttachments, ListAttachmentsHandler
from application.attachments.open_attachment import OpenAttachment, OpenAttachmentHandler
from application.attachments.sweep_blobs import GRACE, SweepBlobs, SweepBlobsHandler
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import ANONYMOUS, SYSTEM, Actor, Permission, PermissionDenied
from domain.attachments import (
    Attachment,
    AttachmentNotFound,
    ContentTypeMismatch,
    FileTooLarge,
    StorageQuotaExceeded,
)
from domain.errors import Unavailable
from domain.items import Item, ItemNotFound
from domain.users import User
from tests.application.service import Service
from tests.builders import LATER, a_job, a_user, an_actor
from tests.builders.attachments import an_attachment
from tests.builders.items import an_item

TEXT = b"Bends, and gives warm light.\n"


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def lamp(service: Service, ann: User) -> Item:
    await service.add(lamp := an_item(owner_id=ann.id))
    return lamp


async def attach(
    service: Service,
    item: Item,
    *contents: bytes,
    actor: Actor | None = None,
    content_type: str | None = "text/plain",
) -> Attachment:
    return await service[AttachFileHandler](
        AttachFile(
            item_id=item.id,
            filename="../lamp.txt",
            content_type=content_type,
            content=pieces(*(contents or (TEXT,))),
        ),
        an_actor(user_id=item.owner_id) if actor is None else actor,
    )


async def content_of(service: Service, attachment: Attachment) -> bytes:
    opened = await service[OpenAttachmentHandler](
        OpenAttachment(item_id=attachment.item_id, attachment_id=attachment.id), SYSTEM
    )
    return b"".join([piece async for piece in opened.read()])


def kept(service: Service) -> list[Attachment]:
    return list(service.stored.attachments.scan())


async def test_owners_attach_files(service: Service, lamp: Item) -> None:
    attachment = await attach(service, lamp, b"a" * 600, b"b" * 600, b"c", b"")

    content = b"a" * 600 + b"b" * 600 + b"c"
    assert attachment == attrs.evolve(
        attachment,
        item_id=lamp.id,
        owner_id=lamp.owner_id,
        filename="lamp.txt",
        content_type="text/plain",
        size=1201,
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=service.clock.now(),
    )
    assert kept(service) == [attachment]
    assert await content_of(service, attachment) == content


async def test_the_permission_attaches_to_everyones(service: Service, lamp: Item) -> None:
    attachment = await attach(service, lamp, actor=an_actor(Permission.ITEMS_UPDATE))

    assert attachment.owner_id == lamp.owner_id


@pytest.mark.parametrize("actor", [an_actor(), an_actor(Permission.ITEMS_DELETE), ANONYMOUS])
async def test_anothers_item_is_like_none(service: Service, lamp: Item, actor: Actor) -> None:
    gone = an_item(owner_id=lamp.owner_id, deleted_at=LATER)
    await service.add(gone, photo := an_attachment(lamp))
    for item in (lamp, gone, an_item()):
        with pytest.raises(ItemNotFound):
            await attach(service, item, actor=actor)
        with pytest.raises(ItemNotFound):
            await service[ListAttachmentsHandler](ListAttachments(item_id=item.id), actor)
        for attachment_id in (photo.id, an_attachment(lamp).id):
            with pytest.raises(ItemNotFound):
                await service[OpenAttachmentHandler](
                    OpenAttachment(item_id=item.id, attachment_id=attachment_id), actor
                )
            with pytest.raises(ItemNotFound):
                await service[DeleteAttachmentHandler](
                    DeleteAttachment(item_id=item.id, attachment_id=attachment_id), actor
                )
    assert kept(service) == [photo]
    assert service.blobs.blobs == {}


async def test_who_may_only_see_it_is_told_so(service: Service, lamp: Item) -> None:
    reader = an_actor(Permission.ITEMS_READ)
    photo = await attach(service, lamp)

    with pytest.raises(PermissionDenied):
        await attach(service, lamp, actor=reader)
    with pytest.raises(PermissionDenied):
        await service[DeleteAttachmentHandler](
            DeleteAttachment(item_id=lamp.id, attachment_id=photo.id), reader
        )
    page = await service[ListAttachmentsHandler](ListAttachments(item_id=lamp.id), reader)
    assert list(page.items) == kept(service) == [photo]


async def test_an_attachment_belongs_to_its_item_alone(service: Service, lamp: Item) -> None:
    await service.add(other := an_item(owner_id=lamp.owner_id))
    photo = await attach(service, lamp)

    with pytest.raises(AttachmentNotFound):
        await service[OpenAttachmentHandler](
            OpenAttachment(item_id=other.id, attachment_id=photo.id), SYSTEM
        )
    with pytest.raises(AttachmentNotFound):
        await service[DeleteAttachmentHandler](
            DeleteAttachment(item_id=other.id, attachment_id=photo.id), SYSTEM
        )


async def test_a_file_that_is_too_large_is_read_no_further(service: Service, lamp: Item) -> None:
    service.use(AttachmentLimits, AttachmentLimits(one_file=2000))
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 700

    command = AttachFile(item_id=lamp.id, filename=None, content_type=None, content=endless())
    with pytest.raises(FileTooLarge):
        await service[AttachFileHandler](command, SYSTEM)

    assert read == 3
    assert service.blobs.blobs == {}
    assert kept(service) == []


async def test_the_largest_file_fits(service: Service, lamp: Item) -> None:
    service.use(AttachmentLimits, AttachmentLimits(one_file=2000))

    assert (await attach(service, lamp, b"x" * 1500, b"x" * 500)).size == 2000


@pytest.mark.parametrize(
    ("content_type", "content"),
    [("image/png", TEXT), ("text/plain", b"\x89PNG\r\n\x1a\n"), ("application/pdf", b"")],
)
async def test_what_is_no_such_file_is_refused(
    service: Service, lamp: Item, content_type: str, content: bytes
) -> None:
    with pytest.raises(ContentTypeMismatch):
        await attach(service, lamp, content, content_type=content_type)

    assert service.blobs.blobs == {}


async def test_what_is_not_said_to_be_anything_may_be_anything(
    service: Service, lamp: Item
) -> None:
    attachment = await attach(service, lamp, b"\x89PNG\r\n\x1a\n", content_type=None)

    assert attachment.content_type == "application/octet-stream"


# The quota.


async def test_all_files_of_an_owner_share_a_quota(service: Service, lamp: Item) -> None:
    service.use(AttachmentLimits, AttachmentLimits(all_of_one_owner=100))
    await service.add(other := an_item(owner_id=lamp.owner_id), bob := a_user())
    await service.add(desk := an_item(owner_id=bob.id))
    await attach(service, lamp, b"x" * 60)
    await attach(service, other, b"x" * 40)

    with pytest.raises(StorageQuotaExceeded):
        await attach(service, lamp, b"x")
    with pytest.raises(StorageQuotaExceeded):
        await attach(service, lamp, b"x", actor=an_actor(Permission.ITEMS_UPDATE))

    assert (await attach(service, lamp, b"")).size == 0
    assert (await attach(service, desk, b"x" * 100)).size == 100
    assert len(service.blobs.blobs) == 4


async def test_what_is_deleted_makes_room(service: Service, lamp: Item) -> None:
    service.use(AttachmentLimits, AttachmentLimits(all_of_one_owner=100))
    photo = await attach(service, lamp, b"x" * 100)

    await service[DeleteAttachmentHandler](
        DeleteAttachment(item_id=lamp.id, attachment_id=photo.id), SYSTEM
    )

    assert (await attach(service, lamp, b"x" * 100)).size == 100


async def test_two_at_once_do_not_pass_the_quota_together(service: Service, lamp: Item) -> None:
    service.use(AttachmentLimits, AttachmentLimits(all_of_one_owner=100))
    both_have_begun = asyncio.Barrier(2)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"x" * 30
        await both_have_begun.wait()
        yield b"x" * 30

    async def attach_slowly() -> Attachment:
        command = AttachFile(item_id=lamp.id, filename=None, content_type=None, content=slowly())
        return await service[AttachFileHandler](command, SYSTEM)

    ended = await asyncio.gather(attach_slowly(), attach_slowly(), return_exceptions=True)

    assert {type(each) for each in ended} == {Attachment, StorageQuotaExceeded}
    assert [each.size for each in kept(service)] == [60]
    assert set(service.blobs.blobs) == {each.blob_id for each in kept(service)}


# What breaks.


async def test_an_item_deleted_meanwhile_keeps_nothing(service: Service, lamp: Item) -> None:
    async def meanwhile() -> AsyncIterator[bytes]:
        yield TEXT
        async with service.database() as uow:
            item = await uow.items.get(lamp.id)
            item.delete(at=LATER)
            await uow.items.save(item)
            await uow.commit()

    command = AttachFile(item_id=lamp.id, filename=None, content_type=None, content=meanwhile())
    with pytest.raises(ItemNotFound):
        await service[AttachFileHandler](command, SYSTEM)

    assert service.blobs.blobs == {}
    assert kept(service) == []


async def test_a_client_that_leaves_leaves_nothing(service: Service, lamp: Item) -> None:
    async def leaving() -> AsyncIterator[bytes]:
        yield TEXT * 100
        raise ConnectionError

    command = AttachFile(item_id=lamp.id, filename=None, content_type=None, content=leaving())
    with pytest.raises(ConnectionError):
        await service[AttachFileHandler](command, SYSTEM)

    assert service.blobs.blobs == {}
    assert kept(service) == []


@attrs.frozen
class BreakingDatabase:
    """The connection ends at the commit, which may have come through for all that is known."""

    database: MemoryDatabase
    comes_through: bool

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[UnitOfWork]:
        async with self.database() as uow:
            yield _Breaking(uow._database, uow._tables, self.comes_through)


@attrs.frozen
class _Breaking(MemoryUnitOfWork):
    comes_through: bool

    async def commit(self) -> None:
        if self.comes_through:
            await super().commit()
        raise Unavailable


@pytest.mark.parametrize("comes_through", [True, False])
async def test_a_commit_that_nobody_knows_of_loses_no_bytes(
    service: Service, lamp: Item, comes_through: bool
) -> None:
    service.use(BeginUnitOfWork, BreakingDatabase(service.database, comes_through))

    with pytest.raises(Unavailable):
        await attach(service, lamp)

    assert len(service.blobs.blobs) == 1
    if comes_through:
        [attachment] = kept(service)
        assert await content_of(service, attachment) == TEXT
    # A day later it is known.
    service.clock.advance(GRACE * 2)
    await service[SweepBlobsHandler](SweepBlobs(), a_job())
    assert set(service.blobs.blobs) == {each.blob_id for each in kept(service)}
