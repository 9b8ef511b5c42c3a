"""The documentation as a site: whole, and with nothing from outside."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import attrs
import pytest

from entrypoints.documentation.site import gather

_LOADED = re.compile(r"url\(\s*['\"]?(https?:|//)|@import")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    gather(directory)
    subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "-f", directory / "zensical.toml"],
        check=True,
        timeout=60,
    )
    return directory / "html"


@attrs.define(slots=False)
class _Page(HTMLParser):
    """What a page loads by itself, what it leads to, and what in it can be led to."""

    loaded: list[str] = attrs.field(factory=list)
    links: list[str] = attrs.field(factory=list)
    anchors: set[str] = attrs.field(factory=lambda: {""})

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value or "")
            elif name == "src" or (tag == "link" and name == "href"):
                self.loaded.append(value or "")
            elif name == "href":
                self.links.append(value or "")


def _pages(site: Path) -> dict[Path, _Page]:
    pages = {}
    for path in site.rglob("*.html"):
        # What it says where there is no such page is the same wherever that is.
        if path.name != "404.html":
            pages[path] = _Page()
            pages[path].feed(path.read_text("utf-8"))
    return pages


def test_a_page_loads_what_is_there(site: Path) -> None:
    pages = _pages(site)
    missing = [
        f"{path.relative_to(site)}: {each}"
        for path, page in pages.items()
        for each in page.loaded
        if urlsplit(each).netloc or not (path.parent / urlsplit(each).path).exists()
    ]

    assert len(pages) > 50
    assert missing == []


def test_a_style_loads_nothing_from_outside(site: Path) -> None:
    styles = list(site.rglob("*.css"))

    assert styles != []
    assert [each for each in styles if _LOADED.search(each.read_text("utf-8"))] == []


def test_a_link_leads_somewhere(site: Path) -> None:
    pages = _pages(site)
    assert [
        f"{path.relative_to(site)}: {link}"
        for path, page in pages.items()
        for link in _dead_links(path, page, pages)
    ] == []


def _dead_links(path: Path, page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target not in pages or unquote(parts.fragment) not in pages[target].anchors:
            yield link
