"""The newest migration, found without Alembic."""

import pytest
from alembic.script import ScriptDirectory

from adapters.postgres.revision import migrations_directory, newest_revision, next_revision


def test_finds_the_same_newest_migration_as_alembic() -> None:
    scripts = ScriptDirectory(str(migrations_directory()))

    assert newest_revision() == scripts.get_current_head()


@pytest.mark.parametrize(
    ("message", "revision"),
    [
        ("To whom a book is lent", "0020_to_whom_a_book_is_lent"),
        ("x", "0020_x"),
        ("a name that there is no room for", "0020_a_name_that_there_is_no_roo"),
        ("a word that ends at the limit, a b", "0020_a_word_that_ends_at_the_lim"),
    ],
)
def test_the_next_one_has_the_next_number(message: str, revision: str) -> None:
    assert next_revision(message, ["0019_books", "0002_first", "44158930b2c1"]) == revision
