"""`tessera items`."""

from pathlib import Path

import pytest

from domain.text import Json
from entrypoints.http.items.shapes import ItemShape
from tests.cli.commands import Cli, as_object

LAMPS = """title,description,status,attributes
Lamp,Brass,active,"{""colour"": ""brass"", ""n"": 1}"
Chair,"Oak,
old",draft,
Table,,archived,"{""colour"": ""oak""}"
"""

NASTY = """{"title": "=1+1", "description": "\\tx\\r\\n,\\"y\\"", "attributes": {"a": "é"}}
{"title": "'@SUM", "description": "-\\r", "attributes": {"b": [1.5, null, {"c": "=x"}]}}
"""


@pytest.fixture
def furnished(cli: Cli) -> Cli:
    """Three items of Ada's, one of Bob's."""
    cli.create_user("ada@example.com")
    cli.create_user("bob@example.com")
    words = ("items", "import", "-", "--format", "csv", "--owner")
    assert cli(*words, "ada@example.com", stdin=LAMPS).out == "imported 3\n"
    assert cli(*words, "bob", stdin="title\nBed").out == "imported 1\n"
    return cli


def titles(cli: Cli, *options: object) -> list[Json]:
    listed = cli("items", "list", "--sort", "title", "--json", *options)
    return [item["title"] for item in listed.items]


def test_lists_what_was_imported_as_the_api_does(furnished: Cli) -> None:
    listed = furnished("items", "list", "--owner", "ada", "--sort", "title", "--json").items
    assert [(item["title"], item["description"], item["status"]) for item in listed] == [
        ("Chair", "Oak,\nold", "draft"),
        ("Lamp", "Brass", "active"),
        ("Table", None, "archived"),
    ]
    assert listed[1]["attributes"] == {"colour": "brass", "n": 1}
    for item in listed:
        assert ItemShape.model_validate(item).model_dump(mode="json") == item


def test_lists_what_is_asked_for(furnished: Cli) -> None:
    assert titles(furnished) == ["Bed", "Chair", "Lamp", "Table"]
    assert titles(furnished, "--owner", "bob") == ["Bed"]
    assert titles(furnished, "--q", "bras") == ["Lamp"]
    assert titles(furnished, "--status", "archived") == ["Table"]
    assert titles(furnished, "--attributes", '{"colour": "oak"}') == ["Table"]
    assert titles(furnished, "--deleted") == []
    assert titles(furnished, "--limit", "2", "--skip", "1") == ["Chair", "Lamp"]
    assert titles(furnished, "--created-from", "2020-01-01", "--created-to", "2020-01-02") == []
    everything = ("--created-from", "2020-01-01T00:00:00+01:00", "--updated-from", "2020-01-01")
    assert len(titles(furnished, *everything)) == 4


def test_pages_by_cursor(furnished: Cli) -> None:
    first = furnished("items", "list", "--limit", "3", "--json").document
    rest = furnished("items", "list", "--cursor", first["next_cursor"], "--json").items
    assert [item["title"] for item in rest] == ["Lamp"]


def test_lists_to_people(furnished: Cli) -> None:
    listed = furnished("items", "list", "--owner", "bob")
    assert "Bed" in listed.out
    assert listed.err == "1 of 1\n"


@pytest.mark.parametrize(
    "options",
    [
        ("--attributes", "x"),
        ("--attributes", "[]"),
        ("--attributes", '{"a": NaN}'),
        ("--attributes", '{"a": 1, "a": 2}'),
        ("--created-from", "yesterday"),
        ("--status", "lost"),
    ],
)
def test_wants_filters_it_understands(cli: Cli, options: tuple[str, ...]) -> None:
    outcome = cli("items", "list", *options)
    assert outcome.status == 2
    assert options[0] in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_refuses_an_unknown_owner(cli: Cli) -> None:
    refusal = "There is no user 'nobody'."
    words = ("--owner", "nobody")
    assert cli("items", "list", *words).is_refused(refusal)
    assert cli("items", "export", *words).is_refused(refusal)
    assert cli("items", "import", "-", "--format", "csv", *words).is_refused(refusal)


def test_an_import_wants_an_owner(cli: Cli) -> None:
    assert cli("items", "import", "-", "--format", "csv").status == 2


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "jsonl"])
def test_what_is_exported_can_be_imported(furnished: Cli, tmp_path: Path, suffix: str) -> None:
    furnished("items", "import", "-", "--format", "ndjson", "--owner", "ada", stdin=NASTY)
    before = furnished("items", "list", "--owner", "ada", "--sort", "title", "--json").items
    file = tmp_path / f"items.{suffix}"
    assert furnished("items", "export", "--owner", "ada", "--output", file).out == ""
    furnished.create_user("eve@example.com")
    assert furnished("items", "import", file, "--owner", "eve").out == "imported 5\n"
    after = furnished("items", "list", "--owner", "eve", "--sort", "title", "--json").items
    assert [_content(item) for item in after] == [_content(item) for item in before]


def _content(item: Json) -> dict[str, Json]:
    fields = ("title", "description", "status", "attributes")
    return {name: as_object(item)[name] for name in fields}


def test_exports_what_is_asked_for(furnished: Cli) -> None:
    exported = furnished("items", "export", "--format", "csv", "--status", "active").out
    assert [line.split(",")[2] for line in exported.splitlines()] == ["title", "Lamp"]
    assert furnished("items", "export", "--q", "bed").out.count("\n") == 1
    assert furnished("items", "export", "--deleted").out == ""
