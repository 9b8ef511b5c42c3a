"""The documents lead where they say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.documentation.excerpts import definition, with_excerpts
from entrypoints.documentation.site import documents
from entrypoints.scaffold.feature import Kind

PROJECT = Path(__file__).parents[2]
DOCUMENTS = [PROJECT / each for each in documents()]
_LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors_of(document: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = _HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}


def dead_links_of(document: Path) -> Iterator[str]:
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        # A directory has no page of its own.
        if not target.is_file() or (anchor and anchor not in anchors_of(target)):
            yield link


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(each.relative_to(PROJECT)) for each in DOCUMENTS]
)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert list(dead_links_of(document)) == []


def test_every_type_of_field_is_described() -> None:
    page = (PROJECT / "docs" / "adding" / "feature.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `([a-z]+)(?:\([a-z,]+\))?` \| .+ \| .*\|$", page, re.MULTILINE)

    assert described == [*Kind]


def test_every_decision_is_in_the_list() -> None:
    directory = PROJECT / "docs" / "decisions"
    records = {path.name for path in directory.glob("0*.md")}

    listed = re.findall(r"\]\((0[^)]+)\)", (directory / "README.md").read_text(encoding="utf-8"))

    assert sorted(records) == listed


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(each.relative_to(PROJECT)) for each in DOCUMENTS]
)
def test_the_code_that_is_shown_is_the_code_there_is(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert text == with_excerpts(text), "run `python -m entrypoints.documentation.excerpts`"


_SOURCE = """
@decorated
class Lamp:
    colour: str = "brass"

    def light(self) -> None:
        self.on = True
"""


def test_a_definition_is_found_by_its_name() -> None:
    assert definition(_SOURCE, "Lamp") == _SOURCE.strip()
    assert definition(_SOURCE, "Lamp.colour") == 'colour: str = "brass"'
    assert definition(_SOURCE, "Lamp.light") == "def light(self) -> None:\n    self.on = True"


def test_a_name_that_is_gone_is_told_of() -> None:
    with pytest.raises(LookupError, match=r"Lamp\.dim"):
        definition(_SOURCE, "Lamp.dim")
