"""Blobs as files in a directory, which several servers may share."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

import attrs

from adapters.storage.steps import PIECE, gathered, to_its_end
from application.blobs.ports import BlobNotFound, Span
from domain.blobs import BlobId
from domain.errors import Unavailable

_log = logging.getLogger(__name__)

_THREADS = 8
_AT_ONCE = 1000
_UNFINISHED = ".part"

Result = TypeVar("Result")


def _threads() -> ThreadPoolExecutor:
    """Of its own: what waits for a disk must not hold up what only computes."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="files")


@attrs.frozen(eq=False)
class DiskBlobStore:
    directory: Path
    _pool: ThreadPoolExecutor = attrs.field(factory=_threads, init=False, repr=False)

    async def put(
        self,
        blob_id: BlobId,
        pieces: AsyncIterator[bytes],
        *,
        content_type: str,
        disposition: str,
    ) -> None:
        path = self._path(blob_id)
        file = await self._do(lambda: _begin(path))
        try:
            async for piece in gathered(pieces):
                await self._do(partial(file.write, piece))
            await self._do(lambda: _finish(file, path))
        except BaseException:
            await self._do(lambda: _abandon(file))
            raise

    async def read(self, blob_id: BlobId, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        path = self._path(blob_id)
        first, left = (0, sys.maxsize) if span is None else (span.first, span.length)
        file = await self._do(lambda: _open(path, first))
        try:
            while piece := await self._do(partial(file.read, min(left, PIECE))):
                left -= len(piece)
                yield piece
        finally:
            file.close()

    async def link(self, blob_id: BlobId) -> str | None:
        return None

    async def delete(self, blob_ids: Collection[BlobId]) -> None:
        paths = [self._path(blob_id) for blob_id in blob_ids]
        await self._do(lambda: _delete(paths))

    async def older(self, than: datetime) -> AsyncIterator[Sequence[BlobId]]:
        for shard in await self._do(lambda: _entries(self.directory)):
            found = await self._do(partial(_older, shard, than.timestamp()))
            for start in range(0, len(found), _AT_ONCE):
                yield found[start : start + _AT_ONCE]

    async def aclose(self) -> None:
        await asyncio.to_thread(self._pool.shutdown)

    def _path(self, blob_id: BlobId) -> Path:
        """Spread over directories by its end, for ids begin with the time."""
        return self.directory / blob_id.hex[-2:] / str(blob_id)

    async def _do(self, work: Callable[[], Result]) -> Result:
        """In a thread."""
        loop = asyncio.get_running_loop()
        return await to_its_end(loop.run_in_executor(self._pool, _told, work))


def _told(work: Callable[[], Result]) -> Result:
    with _as_unavailable():
        return work()


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _log.error("files can't be kept or read: %s", error)
        raise Unavailable("The files can't be kept or read now.", retry_after=5) from None


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _begin(path: Path) -> BinaryIO:
    _make(path.parent.parent)
    _make(path.parent)
    return _unfinished(path).open("xb")


def _make(directory: Path) -> None:
    if not directory.is_dir():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(directory.parent)


def _finish(file: BinaryIO, path: Path) -> None:
    """From here on it stays, whatever happens to the machine."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    _unfinished(path).replace(path)
    _sync(path.parent)


def _abandon(file: BinaryIO) -> None:
    # What is still buffered may not fit onto the disk.
    try:
        file.close()
    finally:
        Path(file.name).unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path, first: int) -> BinaryIO:
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise BlobNotFound from None
    file.seek(first)
    return file


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        _unfinished(path).unlink(missing_ok=True)


def _entries(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return [Path(each) for each in os.scandir(directory) if each.is_dir()]


def _older(shard: Path, than: float) -> list[BlobId]:
    found = []
    for entry in os.scandir(shard):
        blob_id = _id_of(entry.name)
        if blob_id is not None and _changed_before(entry, than):
            found.append(blob_id)
    return found


def _changed_before(entry: "os.DirEntry[str]", than: float) -> bool:
    try:
        return entry.stat().st_mtime < than
    except FileNotFoundError:
        # Deleted, or finished, just now.
        return False


def _id_of(name: str) -> BlobId | None:
    """None for a file that is not of ours."""
    try:
        return BlobId(UUID(name.removesuffix(_UNFINISHED)))
    except ValueError:
        return None
