"""Any row can have events, of what is shown of it."""

from tests.things import EVENTS


def test_keeps_what_is_shown_and_nothing_else() -> None:
    columns = [column.name for column in EVENTS.table.columns]

    assert columns[:3] == ["id", "transaction", "type"]
    assert columns[3:] == [
        "tests_thing_id",
        "owner_id",
        "tests_thing_tests_thing_type",
        "tests_thing_transaction",
        "tests_thing_type",
        "updated_at",
        "version",
    ]
