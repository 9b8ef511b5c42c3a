"""What a list can be filtered and sorted by is declared once, and everyone follows it."""

from typing import Annotated

import attrs
import pytest
from sqlalchemy import Table

from adapters.postgres.audit import AuditRow
from adapters.postgres.filtering import conditions_of
from adapters.postgres.items import ItemRow
from adapters.postgres.jobs import JobRow
from adapters.postgres.row import Row, table_of
from adapters.postgres.users import UserRow
from application.audit.listing import AUDIT, AuditFilter
from application.audit.views import AuditView
from application.filtering import Comparison, Equals, Filter, HasPart, HasWords, Holds
from application.items.listing import ITEMS, ItemFilter
from application.items.views import ItemView
from application.jobs.listing import JOBS, JobFilter
from application.jobs.views import JobView
from application.paging import Listing
from application.users.listing import USERS, UserFilter
from application.users.views import UserView
from domain.audit import AuditEntry
from domain.items import Item
from domain.jobs import Job
from domain.users import User
from entrypoints.http.audit import AuditQuery
from entrypoints.http.items.shapes import ItemQuery
from entrypoints.http.jobs import JobQuery
from entrypoints.http.schemas import ListQuery, Query
from entrypoints.http.users.administration import UserQuery


@attrs.frozen
class Listed:
    filter: type[Filter]
    listing: Listing
    entity: type[attrs.AttrsInstance]
    view: type[attrs.AttrsInstance]
    row: type[Row]
    query: type[Query]

    @property
    def table(self) -> Table:
        return table_of(self.row)


LISTED = [
    Listed(AuditFilter, AUDIT, AuditEntry, AuditView, AuditRow, AuditQuery),
    Listed(ItemFilter, ITEMS, Item, ItemView, ItemRow, ItemQuery),
    Listed(JobFilter, JOBS, Job, JobView, JobRow, JobQuery),
    Listed(UserFilter, USERS, User, UserView, UserRow, UserQuery),
]

each_list = pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed.listing.name)


def names_of(kind: type[attrs.AttrsInstance]) -> set[str]:
    return {field.name for field in attrs.fields(kind)}


def compared_by(comparison: Comparison) -> set[str]:
    if isinstance(comparison, HasPart | HasWords):
        return set(comparison.fields)
    return {comparison.field}


def test_every_filter_is_looked_at_here() -> None:
    filters = {each.__name__ for each in Filter.__subclasses__() if "test" not in each.__module__}

    assert filters == {listed.filter.__name__ for listed in LISTED}


@each_list
def test_every_filter_is_a_parameter_of_the_same_name_and_there_is_no_other(listed: Listed) -> None:
    parameters = listed.query.model_fields.keys() - ListQuery.model_fields.keys()

    assert parameters == names_of(listed.filter)


@each_list
def test_every_filter_compares_with_what_there_is(listed: Listed) -> None:
    columns = {*listed.table.columns.keys()}

    for name, comparison in listed.filter.comparisons.items():
        assert compared_by(comparison) <= names_of(listed.entity), name
        assert isinstance(comparison, Holds) or compared_by(comparison) <= columns, name


@each_list
def test_a_list_is_sorted_by_what_it_shows(listed: Listed) -> None:
    sortable = listed.listing.sortable

    assert {key.field for key in listed.listing.default_sort} <= sortable
    assert sortable <= names_of(listed.view)
    assert sortable <= {*listed.table.columns.keys()}


def test_a_filter_that_does_not_say_how_it_compares_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Silent\.status"):

        @attrs.frozen
        class Silent(Filter):
            status: str | None = None


def test_a_condition_that_no_column_has_an_answer_to_is_asked_for() -> None:
    @attrs.frozen
    class Searched(Filter):
        username: Annotated[str | None, Equals("username")] = None
        q: Annotated[str | None, HasWords(("full_name",))] = None

    with pytest.raises(TypeError, match=r"Searched\.q"):
        conditions_of(Searched, table_of(UserRow))
