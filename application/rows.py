"""Files of many rows: reading a row's fields, and storing all rows or none."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

import attrs

from domain.errors import DomainError, FieldError, Invalid
from domain.text import Json

ROWS_AT_ONCE = 500
MOST_BAD_ROWS_NAMED = 1000
"""In an answer that is held in memory; the counts are exact all the same."""
_ROWS_BETWEEN_BREATHS = 50

Entity = TypeVar("Entity")


@attrs.frozen
class Row:
    """One record of a file, and the line it starts on (the first line of a file is 1). Where the
    format has no types, as CSV has none, every value is text; an empty cell is absent."""

    line: int
    values: Mapping[str, Json]

    def allow(self, fields: frozenset[str]) -> None:
        """Raise `Invalid` for a field that the resource does not have."""
        for name in self.values:
            if name not in fields:
                raise Invalid.field(name[:64], "unknown_field", "is not a field of this resource")

    def text(self, field: str) -> str:
        value = self.optional_text(field)
        if value is None:
            raise Invalid.field(field, "missing", "must be there")
        return value

    def optional_text(self, field: str) -> str | None:
        value = self.values.get(field)
        if value is not None and not isinstance(value, str):
            raise Invalid.field(field, "wrong_type", "must be text")
        return value

    def flag(self, field: str, *, default: bool) -> bool:
        value = self.values.get(field)
        if value is None:
            return default
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.strip().lower())
        if not isinstance(value, bool):
            raise Invalid.field(field, "wrong_type", "must be true or false")
        return value

    def names(self, field: str) -> list[str] | None:
        """A JSON list of texts, or texts separated by spaces."""
        value = self.values.get(field)
        if value is None:
            return None
        if isinstance(value, str):
            return value.split()
        names = [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
        if not isinstance(value, list) or len(names) != len(value):
            raise Invalid.field(field, "wrong_type", "must be a list of names")
        return names

    def json_object(self, field: str) -> dict[str, Json]:
        """A JSON object, or its text."""
        value = self.values.get(field, {})
        if isinstance(value, str):
            try:
                value = json.loads(value, object_pairs_hook=_without_duplicates)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, dict):
            raise Invalid.field(field, "wrong_type", "must be a JSON object")
        return value


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key comes twice")
    return members


@attrs.frozen
class BadRow:
    """Why a row can't be stored."""

    line: int
    error: FieldError

    @classmethod
    def of(cls, line: int, refusal: DomainError) -> "BadRow":
        if isinstance(refusal, Invalid) and refusal.errors:
            return cls(line, refusal.errors[0])
        return cls(line, FieldError("", refusal.code, refusal.detail))


Rows: TypeAlias = AsyncIterable[Row | BadRow]
ReportBadRow: TypeAlias = Callable[[BadRow], None]


async def begun(rows: Rows) -> Rows:
    """The same, once there is a first one: whoever sends the file is waited for before there is a
    transaction."""
    coming = aiter(rows)
    first = await anext(coming, None)

    async def all_of_them() -> AsyncIterator[Row | BadRow]:
        if first is not None:
            yield first
        async for row in coming:
            yield row

    return all_of_them()


@attrs.frozen(kw_only=True)
class ImportResult:
    """How many rows are good, and how many are not."""

    good: int
    rejected: int
    skips: bool = False
    """Whether the good ones are stored beside bad ones."""

    @property
    def is_refused(self) -> bool:
        return bool(self.rejected) and not self.skips

    @property
    def imported(self) -> int:
        return 0 if self.is_refused else self.good


@attrs.define
class RowImport(Generic[Entity]):
    """Reads rows, makes entities of them, and hands these on some hundred at a time. While they
    are stored, the next are read."""

    build: Callable[[Row], Entity]
    """Raises a `DomainError` for a row that can't be stored."""
    store: Callable[[Sequence[tuple[int, Entity]]], Awaitable[Sequence[BadRow]]]
    """Takes entities with their lines; answers those that clash with what is stored."""
    report: ReportBadRow
    skips: bool = False
    _batch: list[tuple[int, Entity]] = attrs.field(init=False, factory=list)
    _good: int = attrs.field(init=False, default=0)
    _rejected: int = attrs.field(init=False, default=0)
    _storing: "asyncio.Task[None] | None" = attrs.field(init=False, default=None)

    async def run(self, rows: Rows) -> ImportResult:
        try:
            async for row in rows:
                self._take(row)
                if len(self._batch) == ROWS_AT_ONCE:
                    await self._hand_on()
                elif len(self._batch) % _ROWS_BETWEEN_BREATHS == 0:
                    # Others have their turn, and so has the batch that is being stored.
                    await asyncio.sleep(0)
            await self._hand_on()
            await self._hand_on()
        finally:
            if self._storing is not None:
                self._storing.cancel()
                await asyncio.gather(self._storing, return_exceptions=True)
        return ImportResult(good=self._good, rejected=self._rejected, skips=self.skips)

    def _take(self, row: Row | BadRow) -> None:
        if isinstance(row, BadRow):
            self._reject(row)
            return
        try:
            self._batch.append((row.line, self.build(row)))
        except DomainError as refusal:
            self._reject(BadRow.of(row.line, refusal))

    async def _hand_on(self) -> None:
        """Once what was handed on before is stored."""
        if self._storing is not None:
            await self._storing
            self._storing = None
        if self._batch:
            self._storing = asyncio.create_task(self._store(self._batch))
            self._batch = []

    async def _store(self, batch: Sequence[tuple[int, Entity]]) -> None:
        clashes = await self.store(batch)
        self._good += len(batch) - len(clashes)
        for clash in clashes:
            self._reject(clash)

    def _reject(self, bad_row: BadRow) -> None:
        self._rejected += 1
        self.report(bad_row)
