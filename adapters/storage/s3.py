"""Blobs in S3, or in what speaks like it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import attrs
import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from adapters.storage.steps import PIECE, gathered, to_its_end
from application.blobs.ports import BlobNotFound, Span
from domain.blobs import BlobId
from domain.errors import Unavailable

_log = logging.getLogger(__name__)

_PART = 5 * 1024 * 1024
"""S3 takes none that is smaller, but for the last."""
_AT_ONCE = 1000
_SETTLES_IN = 0.1

Result = TypeVar("Result")


@attrs.frozen(kw_only=True)
class S3Settings:
    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    """None for that of AWS."""
    region: str | None = None
    access_key_id: str | None = None
    """None for whatever the machine has, such as a role."""
    secret_access_key: str | None = attrs.field(default=None, repr=False)
    link_lifetime: timedelta | None = None
    """None for no links at all."""


@attrs.frozen(eq=False)
class S3BlobStore:
    """One request for a file of up to 5 MiB, and one for each 5 MiB of a larger one, of which no
    more than two parts are in memory."""

    settings: S3Settings
    _store: S3Store = attrs.field(init=False, repr=False)

    @_store.default
    def _opened(self) -> S3Store:
        settings = self.settings
        named = {
            "endpoint": settings.endpoint,
            "region": settings.region,
            "access_key_id": settings.access_key_id,
            "secret_access_key": settings.secret_access_key,
        }
        return S3Store(
            settings.bucket,
            prefix=settings.prefix or None,
            config={name: value for name, value in named.items() if value is not None},  # type: ignore[arg-type]  # keys of its TypedDict
            # What is not AWS seldom has a name for each bucket.
            virtual_hosted_style_request=settings.endpoint is None,
            client_options={
                "allow_http": (settings.endpoint or "").startswith("http://"),
                "connect_timeout": timedelta(seconds=2),
                "timeout": timedelta(seconds=30),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
        )

    async def put(
        self,
        blob_id: BlobId,
        pieces: AsyncIterator[bytes],
        *,
        content_type: str,
        disposition: str,
    ) -> None:
        writer = obstore.open_writer_async(
            self._store,
            str(blob_id),
            attributes={"Content-Type": content_type, "Content-Disposition": disposition},
            buffer_size=_PART,
            max_concurrency=1,
        )
        try:
            async for piece in gathered(pieces):
                await _done(writer.write(piece))
            await _done(writer.close())
        except BaseException:
            await self._undo(writer, blob_id)
            raise

    async def _undo(self, writer: "obstore.AsyncWritableFile", blob_id: BlobId) -> None:
        """Of an upload that is merely left, its parts would stay, unseen and paid for; so it is
        brought to an end and then deleted."""
        try:
            await writer.close()
            await obstore.delete_async(self._store, str(blob_id))
        except (BaseError, OSError) as error:
            _log.warning("an upload that broke off may have left parts: %s", type(error).__name__)

    async def read(self, blob_id: BlobId, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        with _as_unavailable():
            try:
                found = await obstore.get_async(
                    self._store,
                    str(blob_id),
                    options={}
                    if span is None
                    else {"range": (span.first, span.first + span.length)},
                )
            except FileNotFoundError:
                raise BlobNotFound from None
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def link(self, blob_id: BlobId) -> str | None:
        lifetime = self.settings.link_lifetime
        if lifetime is None:
            return None
        return await _done(obstore.sign_async(self._store, "GET", str(blob_id), lifetime))

    async def delete(self, blob_ids: Collection[BlobId]) -> None:
        if blob_ids:
            await _done(obstore.delete_async(self._store, [str(each) for each in blob_ids]))

    async def older(self, than: datetime) -> AsyncIterator[Sequence[BlobId]]:
        with _as_unavailable():
            async for listed in obstore.list(self._store, chunk_size=_AT_ONCE):
                ids = (_id_of(each["path"]) for each in listed if each["last_modified"] < than)
                yield [each for each in ids if each is not None]

    async def aclose(self) -> None:
        # Its threads would end the process by SIGABRT if they were still at what was done last.
        await asyncio.sleep(_SETTLES_IN)


async def _done(step: Awaitable[Result]) -> Result:
    with _as_unavailable():
        return await to_its_end(step)


@contextmanager
def _as_unavailable() -> Iterator[None]:
    """With the kind of error alone, for its text may name keys."""
    try:
        yield
    except (BaseError, OSError) as error:
        _log.error("S3 does not do what it is asked for: %s", type(error).__name__)
        raise Unavailable("The files can't be kept or read now.", retry_after=5) from None


def _id_of(path: str) -> BlobId | None:
    """None for an object that is not of ours."""
    try:
        return BlobId(UUID(path))
    except ValueError:
        return None
