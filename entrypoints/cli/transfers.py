"""The commands `import` and `export`: files of rows, with a progress bar where a person watches."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from io import BufferedIOBase
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Concatenate, TypeAlias

import attrs
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from application.rows import MOST_BAD_ROWS_NAMED, BadRow, ImportResult, ReportBadRow, Rows
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import Choose, Chosen, Own, add_command
from entrypoints.cli.failures import Misused, Refused
from entrypoints.cli.options import AsJson, FileFormat, ImportedFile, Output
from entrypoints.cli.output import show_json
from entrypoints.cli.session import with_services
from entrypoints.exports import View, encoded
from entrypoints.rows import Fields, Format, read_rows

BYTES = (
    BarColumn(),
    TaskProgressColumn(),
    DownloadColumn(),
    TimeRemainingColumn(),
)
ROWS = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"))

_CHUNK_SIZE = 64 * 1024
_STANDARD_STREAM = Path("-")

StoreRows: TypeAlias = Callable[
    Concatenate[Services, Rows, ReportBadRow, Own], Awaitable[ImportResult]
]
FindViews: TypeAlias = Callable[[Services, Chosen], Awaitable[AsyncIterator[View]]]


def import_command(app: typer.Typer, fields: Fields) -> Callable[[StoreRows[Own]], StoreRows[Own]]:
    """Let `app import` read a file into what is decorated."""

    def declare(store: StoreRows[Own]) -> StoreRows[Own]:
        def command(
            file: ImportedFile,
            file_format: FileFormat = None,
            as_json: AsJson = False,
            *rest: Own.args,
            **own: Own.kwargs,
        ) -> None:
            async def store_all(
                services: Services, rows: Rows, report: ReportBadRow
            ) -> ImportResult:
                return await store(services, rows, report, *rest, **own)

            import_file(file, file_format, fields, store_all, as_json=as_json)

        add_command(app, "import", command, of=store, options_of=store, given=3)
        return store

    return declare


def export_command(
    app: typer.Typer, kind: type[View], choose: Choose[Own, Chosen]
) -> Callable[[FindViews[Chosen, View]], FindViews[Chosen, View]]:
    """Let `app export` write what is decorated finds, with the options of `choose`."""

    def declare(find: FindViews[Chosen, View]) -> FindViews[Chosen, View]:
        def command(
            file_format: FileFormat = None,
            output: Output = None,
            *rest: Own.args,
            **own: Own.kwargs,
        ) -> None:
            async def find_all(services: Services) -> AsyncIterator[View]:
                return await find(services, await choose(services, *rest, **own))

            export(find_all, kind, file_format, output)

        add_command(app, "export", command, of=find, options_of=choose, given=1)
        return find

    return declare


def import_file(
    file: Path, given_format: Format | None, fields: Fields, store: StoreRows[[]], *, as_json: bool
) -> None:
    """Store all rows, or none where any is bad; then raise `Refused`."""
    file_format = given_format or Format.of_name(file.name)
    if file_format is None:
        raise Misused(f"{file}: say --format csv or --format ndjson")
    with opened(file) as (source, size), shown_progress(size, *BYTES) as progress:
        faults = _Faults(None if as_json else progress.console)

        async def work(services: Services) -> ImportResult:
            async with aclosing(_chunks(source, progress)) as chunks:
                return await store(services, read_rows(chunks, file_format, fields), faults.add)

        result = with_services(work)
    if as_json:
        errors = faults.listed
        show_json({"imported": result.imported, "rejected": result.rejected, "errors": errors})
    if result.rejected:
        rows = result.good + result.rejected
        raise Refused(f"{result.rejected} of {rows} rows are bad; nothing was imported")
    if not as_json:
        print(f"imported {result.imported}")


def export(
    find: Callable[[Services], Awaitable[AsyncIterator[View]]],
    kind: type[View],
    given_format: Format | None,
    output: Path | None,
) -> None:
    """The file appears whole or not at all."""
    by_name = None if output is None else Format.of_name(output.name)
    file_format = given_format or by_name or Format.NDJSON
    with shown_progress(None, *ROWS, is_wanted=not is_shown(output)) as progress:
        task = progress.task_ids[0]

        async def work(services: Services) -> None:
            async with aclosing(encoded(await find(services), kind, file_format)) as pieces:
                async for piece in pieces:
                    sink.write(piece)
                    progress.advance(task)

        with destination(output) as sink:
            with_services(work)


@attrs.define
class _Faults:
    """Bad rows: told as they are found, or kept for a document."""

    _console: Console | None
    listed: list[dict[str, object]] = attrs.field(factory=list)

    def add(self, bad_row: BadRow) -> None:
        error = bad_row.error
        if self._console is None:
            if len(self.listed) < MOST_BAD_ROWS_NAMED:
                self.listed.append({"line": bad_row.line, **attrs.asdict(error)})
            return
        words = [f"line {bad_row.line}", error.field, error.detail]
        line = ": ".join(word for word in words if word)
        self._console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)


@contextmanager
def opened(file: Path) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file, and how many bytes it has if that is known."""
    if file == _STANDARD_STREAM:
        yield sys.stdin.buffer, None
        return
    try:
        source = file.open("rb")
    except OSError as error:
        raise Misused(f"{file}: {(error.strerror or str(error)).lower()}") from error
    with source:
        found = os.fstat(source.fileno())
        yield source, found.st_size if stat.S_ISREG(found.st_mode) else None


async def _chunks(source: BinaryIO, progress: Progress) -> AsyncGenerator[bytes, None]:
    task = progress.task_ids[0]
    if not isinstance(source, BufferedIOBase):
        raise TypeError("Only what is buffered gives what it has, and waits for no more.")
    while True:
        await _until_readable(source)
        chunk = source.read1(_CHUNK_SIZE)
        if not chunk:
            return
        progress.advance(task, len(chunk))
        yield chunk


async def _until_readable(source: BinaryIO) -> None:
    """Neither a blocking read nor one in a thread would let Ctrl-C through while nothing comes."""
    loop = asyncio.get_running_loop()
    is_readable = asyncio.Event()
    try:
        loop.add_reader(source, is_readable.set)
    except (PermissionError, ValueError):
        return  # a regular file, or one in memory: always readable
    try:
        await is_readable.wait()
    finally:
        loop.remove_reader(source)


@contextmanager
def destination(output: Path | None) -> Iterator[BinaryIO]:
    if output is None or output == _STANDARD_STREAM:
        yield sys.stdout.buffer
        return
    target = output.resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as sink:  # a pipe or a device, which nothing may replace
                yield sink
        else:
            with _draft_of(target) as draft:
                yield draft
    except OSError as error:
        raise Refused(f"{output}: {error.strerror}") from error


@contextmanager
def _draft_of(target: Path) -> Iterator[BinaryIO]:
    """Readable by its owner alone, as what is exported is about people."""
    descriptor, name = mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            yield sink
            sink.flush()
            os.fsync(descriptor)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def is_shown(output: Path | None) -> bool:
    """Whether somebody sees what is written there."""
    return (output is None or output == _STANDARD_STREAM) and sys.stdout.isatty()


@contextmanager
def shown_progress(
    total: int | None, *columns: ProgressColumn, is_wanted: bool = True
) -> Iterator[Progress]:
    console = Console(stderr=True, highlight=False)
    is_seen = is_wanted and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not is_seen) as progress:
        progress.add_task("", total=total)
        yield progress
