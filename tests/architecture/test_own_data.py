"""Nothing that is stored about an account is kept from its owner, or outlives it."""

from sqlalchemy import Table

from adapters.postgres.own_data import OWN_DATA
from adapters.postgres.row import table_of
from adapters.postgres.tables import metadata
from adapters.postgres.users import UserRow

PERSON = {"user_id", "owner_id", "actor_id", "target_id"}
USERS = table_of(UserRow)


def is_of_nobody(table: Table) -> bool:
    """What is changed by itself and has no owner may mention an account, and is not about it."""
    columns = set(table.columns.keys())
    return "version" in columns and "owner_id" not in columns


def tables_about_accounts() -> set[Table]:
    """Those that refer to an account, by a key or by a name, and those that refer to them."""
    found = {USERS}
    while True:
        more = {
            table
            for table in metadata.sorted_tables
            if not is_of_nobody(table)
            and (
                PERSON & set(table.columns.keys())
                or any(key.column.table in found for key in table.foreign_keys)
            )
        }
        if more <= found:
            return found
        found |= more


def test_every_table_about_accounts_has_its_part_in_the_export() -> None:
    told = {table for source in OWN_DATA for table in source.tables}

    assert len(told) > 5
    assert {table.name for table in tables_about_accounts()} == {table.name for table in told}


def test_a_section_has_one_source() -> None:
    sections = [source.section for source in OWN_DATA]

    assert len(sections) == len(set(sections))


def test_what_refers_to_an_account_goes_with_it_or_forgets_it() -> None:
    """What somebody owns may be much, and is removed a batch at a time before."""
    staying = {
        (key.parent.name, "version" in table.columns)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is USERS and key.ondelete not in {"CASCADE", "SET NULL"}
    }

    assert staying <= {("owner_id", True)}
