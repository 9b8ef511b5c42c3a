"""Blobs on a disk."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.storage.disk import DiskBlobStore
from domain.blobs import BlobId
from domain.errors import Unavailable
from tests.builders import new_id

DAY = timedelta(days=1)


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[DiskBlobStore]:
    store = DiskBlobStore(tmp_path / "files")
    yield store
    await store.aclose()


async def pieces() -> AsyncIterator[bytes]:
    yield b"Lamp"


async def put(blobs: DiskBlobStore) -> BlobId:
    blob_id = BlobId(new_id())
    await blobs.put(blob_id, pieces(), content_type="text/plain", disposition="inline")
    return blob_id


def files_in(directory: Path) -> dict[str, Path]:
    return {each.name: each for each in directory.rglob("*") if each.is_file()}


def age(*paths: Path) -> None:
    long_ago = (datetime.now(UTC) - 2 * DAY).timestamp()
    for path in paths:
        os.utime(path, (long_ago, long_ago))


async def test_what_a_killed_process_left_is_found_and_deleted(
    blobs: DiskBlobStore, tmp_path: Path
) -> None:
    kept, left, new = [await put(blobs) for _ in range(3)]
    files = files_in(tmp_path)
    unfinished = files[str(left)].rename(f"{files[str(left)]}.part")
    foreign = files[str(kept)].with_name("README")
    foreign.write_text("not of ours")
    age(files[str(kept)], unfinished, foreign)

    older = [each async for some in blobs.older(datetime.now(UTC) - DAY) for each in some]
    assert set(older) == {kept, left}
    await blobs.delete([left])

    assert set(files_in(tmp_path)) == {str(kept), str(new), "README"}


async def test_what_is_acknowledged_is_on_the_disk(
    blobs: DiskBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    blob_id = await put(blobs)

    shard = blobs.directory / blob_id.hex[-2:]
    assert synced == [
        *(str(tmp_path), str(blobs.directory)),
        *(f"{shard / str(blob_id)}.part", str(shard)),
    ]


async def test_only_the_service_itself_may_look_at_them(blobs: DiskBlobStore) -> None:
    await put(blobs)

    assert blobs.directory.stat().st_mode & 0o077 == 0


async def test_a_disk_that_fails_is_told_of_and_left_clean(
    blobs: DiskBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    blobs.directory.mkdir(mode=0o700)
    with pytest.raises(Unavailable):
        await put(blobs)

    assert files_in(tmp_path) == {}
