"""Blobs in S3, which may be gone."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from adapters.storage.s3 import S3BlobStore
from domain.blobs import BlobId
from domain.errors import Unavailable
from tests.builders import new_id
from tests.s3_server import s3_server


async def pieces() -> AsyncIterator[bytes]:
    yield b"Lamp"


async def use_each_way(blobs: S3BlobStore) -> AsyncIterator[str]:
    """What was refused as unavailable."""
    blob_id = BlobId(new_id())
    with pytest.raises(Unavailable) as refused:
        await blobs.put(blob_id, pieces(), content_type="text/plain", disposition="inline")
    yield str(refused.value)
    with pytest.raises(Unavailable) as refused:
        await anext(blobs.read(blob_id))
    yield str(refused.value)
    with pytest.raises(Unavailable) as refused:
        await blobs.delete([blob_id])
    yield str(refused.value)
    with pytest.raises(Unavailable) as refused:
        await anext(blobs.older(datetime.now(UTC)))
    yield str(refused.value)


async def test_without_it_nothing_is_kept_read_or_told(caplog: pytest.LogCaptureFixture) -> None:
    with s3_server() as server:
        settings = server.settings(server.fresh_bucket())
        blobs = S3BlobStore(settings)
        server.kill()
        with caplog.at_level(logging.DEBUG):
            told = [each async for each in use_each_way(blobs)]
        await blobs.aclose()

    assert len(told) == 4
    for secret in (settings.secret_access_key, settings.access_key_id):
        assert secret is not None
        assert secret not in caplog.text + "".join(told)
    assert "and its secret" not in repr(blobs)


async def test_a_bucket_that_is_not_there_is_no_file_that_is_not_there() -> None:
    with s3_server() as server:
        blobs = S3BlobStore(server.settings("no-such-bucket"))
        with pytest.raises(Unavailable):
            await blobs.put(BlobId(new_id()), pieces(), content_type="text/plain", disposition="")
        await blobs.aclose()
