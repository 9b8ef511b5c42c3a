"""The newest migration, found without Alembic."""

from alembic.script import ScriptDirectory

from adapters.postgres.revision import migrations_directory, newest_revision


def test_finds_the_same_newest_migration_as_alembic() -> None:
    scripts = ScriptDirectory(str(migrations_directory()))

    assert newest_revision() == scripts.get_current_head()
