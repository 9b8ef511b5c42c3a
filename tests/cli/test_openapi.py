"""`tessera openapi`."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import Cli, as_object


def test_prints_the_document_without_a_database(environment: pytest.MonkeyPatch) -> None:
    outcome = Cli()("openapi")
    document = as_object(json.loads(outcome.out))
    assert (outcome.status, outcome.err) == (0, "")
    assert "/api/v1/users" in as_object(document["paths"])


def test_the_settings_make_no_difference(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = Cli()("openapi").out
    environment.setenv("PORT", "not even right")
    target = tmp_path / "openapi.json"
    assert Cli()("openapi", "--output", target).out == ""
    assert target.read_text() == before
