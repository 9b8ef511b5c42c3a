"""Bytes are kept where the settings say."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from application.blobs.ports import BlobStore
from domain.blobs import BlobId
from entrypoints.bootstrap.running import Inside
from entrypoints.bootstrap.storage import open_blob_store
from entrypoints.settings.schema import Settings
from tests.builders import new_id


async def put(blobs: BlobStore) -> BlobId:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"Lamp"

    blob_id = BlobId(new_id())
    await blobs.put(blob_id, pieces(), content_type="text/plain", disposition="inline")
    return blob_id


def names_in(directory: Path) -> set[str]:
    return {each.name for each in directory.rglob("*") if each.is_file()}


async def test_a_service_keeps_them_below_its_data(inside: Inside, settings: Settings) -> None:
    blob_id = await put(inside.ports.blobs)

    assert str(blob_id) in names_in(settings.data_dir / "files")


@pytest.mark.parametrize("directory", ["shared", "shared by all"])
async def test_a_directory_that_is_named_takes_their_place(
    settings: Settings, tmp_path: Path, directory: str
) -> None:
    url = (tmp_path / directory).as_uri()
    async with open_blob_store(settings.model_copy(update={"storage_url": url})) as blobs:
        blob_id = await put(blobs)

    assert names_in(tmp_path / directory) == {str(blob_id)}
