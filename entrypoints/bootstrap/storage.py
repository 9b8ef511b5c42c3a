"""Where files are kept, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from adapters.storage.disk import DiskBlobStore
from application.blobs.ports import BlobStore
from entrypoints.settings.schema import Settings


@asynccontextmanager
async def open_blob_store(settings: Settings) -> AsyncIterator[BlobStore]:
    url = urlsplit(settings.storage_url or "")
    if url.scheme != "s3":
        disk = DiskBlobStore(Path(unquote(url.path)) if url.path else settings.data_dir / "files")
        try:
            yield disk
        finally:
            await disk.aclose()
        return
    # Imported late: an extra of its own, that most installations do without.
    from adapters.storage.s3 import S3BlobStore, S3Settings  # noqa: PLC0415 - see above

    secret = settings.s3_secret_access_key
    s3 = S3BlobStore(
        S3Settings(
            bucket=url.netloc,
            prefix=url.path.strip("/"),
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=None if secret is None else secret.get_secret_value(),
            link_lifetime=timedelta(seconds=settings.s3_link_seconds) or None,
        )
    )
    try:
        yield s3
    finally:
        await s3.aclose()
