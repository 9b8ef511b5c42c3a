"""Tables in memory keep what a database keeps: references and what is unique."""

from operator import attrgetter

import attrs
import pytest

from adapters.memory.repository import (
    Reference,
    Table,
    VersionedTable,
)
from domain.errors import Conflict, Invalid, NotFound


@attrs.define(kw_only=True)
class Shelf:
    id: int


@attrs.define(kw_only=True)
class Book:
    id: int
    shelf: int = 1
    lent_with: int | None = None
    title: str | None = None
    deleted_at: int | None = None
    version: int = 1


class NoSuchShelf(NotFound):
    title = "No such shelf"


class TitleTaken(Conflict):
    title = "The title is taken"


def shelves(*ids: int) -> Table[int, Shelf]:
    table: Table[int, Shelf] = Table(attrgetter("id"))
    for each in ids:
        table.add(Shelf(id=each))
    return table


def books(on: Table[int, Shelf]) -> VersionedTable[int, Book]:
    table: VersionedTable[int, Book] = VersionedTable(
        attrgetter("id"),
        references=[
            Reference("shelf", "shelves", unknown=NoSuchShelf),
            Reference("lent_with", "shelves", is_optional=True, unknown=NoSuchShelf),
        ],
    )
    table.refer({"shelves": on})
    return table


def test_what_is_referred_to_has_to_be_there() -> None:
    table = books(shelves(1))
    table.add(Book(id=1, shelf=1))

    with pytest.raises(NoSuchShelf):
        table.add(Book(id=2, shelf=2))
    with pytest.raises(NoSuchShelf):
        table.save(Book(id=1, shelf=1, lent_with=2))


def test_whatever_needs_what_is_removed_goes_with_it() -> None:
    on = shelves(1, 2)
    table = books(on)
    table.add(Book(id=1, shelf=1))
    table.add(Book(id=2, shelf=2))

    on.remove(1)

    assert [book.id for book in table.scan()] == [2]


def test_whatever_can_do_without_refers_to_nothing_and_counts_no_change() -> None:
    on = shelves(1, 2)
    table = books(on)
    table.add(Book(id=1, shelf=1, lent_with=2))

    on.remove(2)

    assert list(table.scan()) == [Book(id=1, shelf=1)]


def test_changing_what_is_referred_to_lets_nobody_go() -> None:
    on = shelves(1)
    table = books(on)
    table.add(Book(id=1))

    on.replace(Shelf(id=1))

    assert [book.id for book in table.scan()] == [1]


def test_fields_are_unique_together() -> None:
    table: Table[int, Book] = Table(attrgetter("id"), {TitleTaken: attrgetter("shelf", "title")})
    table.add(Book(id=1, title="Emma"))
    table.add(Book(id=2, title="Emma", shelf=2))

    with pytest.raises(TitleTaken):
        table.add(Book(id=3, title="Emma", deleted_at=1))


def test_any_number_may_have_no_value() -> None:
    table: Table[int, Book] = Table(attrgetter("id"), {TitleTaken: attrgetter("shelf", "title")})
    table.add(Book(id=1))
    table.add(Book(id=2))
    table.remove(1)

    assert [book.id for book in table.scan()] == [2]


def test_an_unknown_reference_names_its_field() -> None:
    table: Table[int, Book] = Table(attrgetter("id"), references=[Reference("shelf", "shelves")])
    table.refer({"shelves": shelves()})

    with pytest.raises(Invalid, match="shelf"):
        table.add(Book(id=1))


def test_what_is_deleted_holds_nothing_until_it_is_restored() -> None:
    table: Table[int, Book] = Table(
        attrgetter("id"), {TitleTaken: attrgetter("title")}, frees_deleted=True
    )
    table.add(Book(id=1, title="Emma", deleted_at=1))
    table.add(Book(id=2, title="Emma"))

    with pytest.raises(TitleTaken):
        table.replace(Book(id=1, title="Emma"))
    table.replace(Book(id=2, title="Emma", deleted_at=1))
    table.replace(Book(id=1, title="Emma"))
