"""The documentation site has a page for all that there is."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from entrypoints.cli.main import FEATURES
from entrypoints.documentation.site import ROOT, gather
from entrypoints.http.app import create_app
from entrypoints.http.problems import catalogue
from entrypoints.settings.schema import Settings

_PLACES = re.compile(r"(?:- |glob: )(\S+\.md)$", re.MULTILINE)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    gather(directory)
    return directory / "pages"


def section(heading: str, *, of: Path) -> str:
    return of.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_route_is_described(pages: Path) -> None:
    text = "".join(each.read_text("utf-8") for each in (pages / "docs/reference/api").iterdir())
    app = create_app(Settings.model_construct(docs_enabled=False), "")

    missing = [
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in (route.methods or set()) - {"HEAD"}
        if f"`{method} {route.path}`" not in text
    ]

    assert missing == []


def test_a_route_says_who_may_call_it_and_what_it_answers(pages: Path) -> None:
    create = section("Create a role", of=pages / "docs/reference/api/access.md")

    assert "Wants `roles:create`." in create
    assert "Body: [NewRole](schemas.md#newrole) as `application/json`." in create
    assert "| 201 | [Role](schemas.md#role) as `application/json` |" in create
    assert "[`permission_denied`](../problems.md#permission_denied)" in create


def test_a_field_says_what_it_may_be(pages: Path) -> None:
    changes = section("RoleChanges", of=pages / "docs/reference/api/schemas.md")

    assert "| `description` | string, at most 255 characters | Optional. |" in changes
    each = "array of [Permission](schemas.md#permission), at most 200 entries"
    assert f"| `permissions` | {each} | Optional. |" in changes


def test_every_problem_is_described(pages: Path) -> None:
    problems = (pages / "docs/reference/problems.md").read_text("utf-8")
    assert re.findall(r"^## (.+)$", problems, re.MULTILINE) == sorted(catalogue())


def test_every_command_is_described(pages: Path) -> None:
    commands = (pages / "docs/reference/command-line.md").read_text("utf-8")

    assert re.findall(r"^## (.+)$", commands, re.MULTILINE) == list(FEATURES)
    assert "Usage: tessera users list [OPTIONS]" in commands
    assert "Part of email, username or full name." in commands


def test_every_page_has_a_place(pages: Path) -> None:
    places = _PLACES.findall((ROOT / "docs" / "navigation.yml").read_text("utf-8"))
    written = {str(each.relative_to(pages)) for each in pages.rglob("*.md")}

    homeless = {each for each in written if not any(fnmatch(each, place) for place in places)}

    # What is left are files that pages lead to.
    assert [each for each in homeless if not (ROOT / each.removesuffix(".md")).is_file()] == []


def test_a_file_that_is_led_to_is_a_page(pages: Path) -> None:
    operations = (pages / "docs/operations.md").read_text("utf-8")

    assert "(../docker-compose.yml.md)" in operations
    compose = (ROOT / "docker-compose.yml").read_text("utf-8").rstrip()
    assert compose in (pages / "docker-compose.yml.md").read_text("utf-8")


def test_a_page_that_is_gone_leaves_nothing_behind(tmp_path: Path) -> None:
    left = tmp_path / "pages" / "docs" / "left.md"
    left.parent.mkdir(parents=True)
    left.touch()

    gather(tmp_path)

    assert not left.exists()
