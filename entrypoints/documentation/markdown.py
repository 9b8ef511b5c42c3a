"""Markdown, as much of it as generated pages need."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def anchor(heading: str) -> str:
    """What leads to a heading that is one word."""
    return heading.lower()


def one_line(text: object) -> str:
    """Without the line breaks of the code that it was written in."""
    return " ".join(str(text or "").split())
