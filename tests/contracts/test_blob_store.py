"""Bytes, wherever they are kept."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import httpx
import pytest

from adapters.memory.blobs import MemoryBlobStore
from adapters.security.clock import SystemClock
from adapters.storage.disk import DiskBlobStore
from adapters.storage.s3 import S3BlobStore
from application.blobs.ports import BlobNotFound, BlobStore, Span
from domain.blobs import BlobId
from tests.builders import new_id
from tests.s3_server import S3Server, s3_server

MEGABYTE = 1024 * 1024
LONG = os.urandom(MEGABYTE) * 12
DISPOSITION = "attachment; filename=\"_t_.html\"; filename*=UTF-8''%C3%A9t%C3%A9.html"


@attrs.frozen
class Place:
    blobs: BlobStore
    left_over: Callable[[], int]
    """What is there beside whole blobs."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["memory", "disk", "s3"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    match request.param:
        case "memory":
            yield Place(MemoryBlobStore(SystemClock()), lambda: 0)
        case "disk":
            disk = DiskBlobStore(tmp_path / "files")
            yield Place(disk, lambda: len([*tmp_path.rglob("*.part")]))
            await disk.aclose()
        case _:
            server: S3Server = request.getfixturevalue("s3")
            bucket = server.fresh_bucket()
            store = S3BlobStore(server.settings(bucket))
            yield Place(store, lambda: server.unfinished_uploads(bucket))
            await store.aclose()


def an_id() -> BlobId:
    return BlobId(new_id())


async def in_pieces(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def put(place: Place, content: bytes | AsyncIterator[bytes]) -> BlobId:
    blob_id = an_id()
    pieces = in_pieces(content) if isinstance(content, bytes) else content
    await place.blobs.put(blob_id, pieces, content_type="text/plain", disposition=DISPOSITION)
    return blob_id


async def content_of(place: Place, blob_id: BlobId, span: Span | None = None) -> bytes:
    return b"".join([piece async for piece in place.blobs.read(blob_id, span)])


async def older(place: Place, than: datetime) -> list[BlobId]:
    return sorted([each async for some in place.blobs.older(than) for each in some])


@pytest.mark.parametrize("content", [b"", b"Lamp", LONG], ids=["empty", "short", "long"])
async def test_gives_back_what_it_was_given(place: Place, content: bytes) -> None:
    await put(place, b"something else")
    blob_id = await put(place, content)

    assert await content_of(place, blob_id) == content
    assert place.left_over() == 0


async def test_gives_any_part(place: Place) -> None:
    blob_id = await put(place, LONG)

    for first, length in ((0, 1), (5, 10), (MEGABYTE - 3, 7), (len(LONG) - 1, 1), (7, MEGABYTE)):
        part = await content_of(place, blob_id, Span(first, length))
        assert part == LONG[first : first + length]


async def test_hands_out_pieces_that_are_soon_sent(place: Place) -> None:
    blob_id = await put(place, LONG)

    sizes = [len(piece) async for piece in place.blobs.read(blob_id)]

    assert len(sizes) > 10
    assert max(sizes) <= 2 * MEGABYTE


async def test_the_unknown_is_not_found_before_anything_is_read(place: Place) -> None:
    with pytest.raises(BlobNotFound):
        await anext(place.blobs.read(an_id()))


@pytest.mark.parametrize("size", [1000, 12 * MEGABYTE])
async def test_what_breaks_off_leaves_nothing(place: Place, size: int) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for piece in in_pieces(LONG[:size]):
            yield piece
        raise ConnectionError("the client has left")

    blob_id = an_id()
    with pytest.raises(ConnectionError):
        await place.blobs.put(blob_id, broken(), content_type="text/plain", disposition="")

    with pytest.raises(BlobNotFound):
        await content_of(place, blob_id)
    assert await older(place, datetime.now(UTC) + timedelta(hours=1)) == []
    assert place.left_over() == 0


@pytest.mark.parametrize("size", [1000, 12 * MEGABYTE])
async def test_what_is_cut_off_leaves_nothing(place: Place, size: int) -> None:
    stands_still = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        async for piece in in_pieces(LONG[:size]):
            yield piece
        stands_still.set()
        await asyncio.Event().wait()

    blob_id = an_id()
    putting = asyncio.ensure_future(
        place.blobs.put(blob_id, stalled(), content_type="text/plain", disposition="")
    )
    await stands_still.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting

    with pytest.raises(BlobNotFound):
        await content_of(place, blob_id)
    assert place.left_over() == 0


async def test_deletes_and_does_not_mind_what_is_gone(place: Place) -> None:
    one, other, kept = [await put(place, b"Lamp") for _ in range(3)]

    await place.blobs.delete([one, an_id(), other])
    await place.blobs.delete([one])
    await place.blobs.delete([])

    for gone in (one, other):
        with pytest.raises(BlobNotFound):
            await content_of(place, gone)
    assert await content_of(place, kept) == b"Lamp"


async def test_tells_what_is_older(place: Place) -> None:
    blobs = sorted([await put(place, b"Lamp") for _ in range(5)])
    hour = timedelta(hours=1)

    assert await older(place, datetime.now(UTC) + hour) == blobs
    assert await older(place, datetime.now(UTC) - hour) == []


async def test_tells_nothing_where_there_is_nothing(place: Place) -> None:
    assert await older(place, datetime.now(UTC)) == []


async def test_what_is_being_read_may_be_deleted(place: Place) -> None:
    blob_id = await put(place, b"Lamp" * 1000)
    reading = place.blobs.read(blob_id)
    first = await anext(reading)

    await place.blobs.delete([blob_id])

    rest = b"".join([piece async for piece in reading])
    assert first + rest == b"Lamp" * 1000


async def test_many_at_once_do_not_mix(place: Place) -> None:
    contents = [bytes([number]) * 300_000 for number in range(20)]

    blobs = await asyncio.gather(*(put(place, content) for content in contents))

    assert list(await asyncio.gather(*(content_of(place, each) for each in blobs))) == contents


async def test_a_link_leads_to_a_file_that_is_only_saved(s3: S3Server) -> None:
    settings = attrs.evolve(s3.settings(s3.fresh_bucket()), link_lifetime=timedelta(seconds=60))
    blobs = S3BlobStore(settings)
    blob_id = an_id()
    for content in (b"<script>", LONG):
        await blobs.put(
            blob_id, in_pieces(content), content_type="text/html", disposition=DISPOSITION
        )

        link = await blobs.link(blob_id)

        assert link is not None
        async with httpx.AsyncClient() as http:
            answer = await http.get(link, headers={"Range": "bytes=1-4"})
        assert (answer.status_code, answer.content) == (206, content[1:5])
        assert answer.headers["content-disposition"] == DISPOSITION
        assert answer.headers["content-type"].startswith("text/html")
        assert "X-Amz-Expires=60" in link
        assert "and%20its%20secret" not in link
    await blobs.aclose()


async def test_there_are_links_only_where_they_lead_somewhere(place: Place) -> None:
    assert await place.blobs.link(await put(place, b"Lamp")) is None
