"""What the documentation site is made of, gathered where its generator finds it: the documents as
they lie in the repository, so that their links hold, the files that these lead to, and the pages
that the code writes. `python -m entrypoints.documentation.site DIRECTORY`"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from entrypoints.documentation.reference import reference_pages

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<=\]\()(?!https?:)([^)\s#]+)")
"""Where a link of a document leads, without its anchor."""
_AS_THEY_ARE = {".md", ".svg"}


def documents() -> Iterator[Path]:
    """What is written by hand, by its place in the repository."""
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))):
        yield path.relative_to(ROOT)


def gather(directory: Path) -> None:
    """Write them there, in place of those of before."""
    pages = directory / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    for document in documents():
        _write(pages / document, _leading_to_pages(document, pages))
    for picture in (ROOT / "docs").rglob("*.svg"):
        _write(pages / picture.relative_to(ROOT), picture.read_text(encoding="utf-8"))
    for name, text in reference_pages().items():
        _write(pages / "docs" / "reference" / name, text)
    # The generator looks for it by this name.
    shutil.copy(ROOT / "docs" / "navigation.yml", pages / ".nav.yml")
    shutil.copy(ROOT / "docs" / "zensical.toml", directory)


def _leading_to_pages(document: Path, pages: Path) -> str:
    """The document, where a file of another kind that it leads to is a page too."""

    def lead(link: re.Match[str]) -> str:
        target = (ROOT / document.parent / link[0]).resolve()
        if target.is_dir() or target.suffix in _AS_THEY_ARE:
            return link[0]
        path = target.relative_to(ROOT)
        text = target.read_text(encoding="utf-8")
        language = path.suffix.removeprefix(".") or "text"
        _write(pages / f"{path}.md", f"# {path}\n\n````{language}\n{text.rstrip()}\n````\n")
        return f"{link[0]}.md"

    return LINK.sub(lead, (ROOT / document).read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
