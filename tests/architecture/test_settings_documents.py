"""What is written of the settings is what they are."""

from dotenv import dotenv_values

from entrypoints.settings.schema import Settings
from entrypoints.settings.table import ENV_EXAMPLE, PAGE, env_example, table, with_table

REWRITE = "run `python -m entrypoints.settings.table`"


def test_the_page_has_the_table_of_the_settings() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page), REWRITE


def test_the_example_of_an_environment_has_every_setting() -> None:
    assert ENV_EXAMPLE.read_text(encoding="utf-8") == env_example(), REWRITE


def test_a_copy_of_the_example_changes_nothing() -> None:
    assert dotenv_values(ENV_EXAMPLE) == {}


def test_every_setting_is_described_in_a_sentence() -> None:
    undescribed = [
        name
        for name, field in Settings.model_fields.items()
        if not (field.description or "").endswith(".")
    ]
    assert undescribed == []


def test_the_table_tells_each_default() -> None:
    assert "| `ENVIRONMENT` | `development` | " in table()
    assert "| `REGISTRATION_OPEN` | `true` | " in table()
    assert "| `SECRET_KEY` |  | " in table()
    assert "| `ALLOWED_HOSTS` |  | " in table()
