"""The command line on a PostgreSQL of its own, in this process."""

from pathlib import Path

import pytest

from tests.cli.commands import SETTINGS, Cli


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing of whoever runs the tests: no `.env`, no data, and the settings of tests."""
    monkeypatch.chdir(tmp_path)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def cli(environment: pytest.MonkeyPatch, database_url: str) -> Cli:
    environment.setenv("DATABASE_URL", database_url)
    return Cli()
