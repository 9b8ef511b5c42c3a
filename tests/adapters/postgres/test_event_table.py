"""Any row can have events, of what is shown of it."""

from tests.things import EVENTS


def test_keeps_what_is_shown_and_nothing_else() -> None:
    columns = [column.name for column in EVENTS.table.columns]

    assert columns[:3] == ["id", "transaction", "type"]
    assert columns[3:] == [
        "thing_id",
        "owner_id",
        "thing_thing_type",
        "thing_transaction",
        "thing_type",
        "updated_at",
        "version",
    ]
