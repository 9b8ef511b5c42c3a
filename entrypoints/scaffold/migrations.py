"""The chain of the migrations, as their files tell it."""

import re
from collections.abc import Iterable, Mapping

_SAID = re.compile(r"^(revision|down_revision) = (?:\"(\w+)\"|None)", re.MULTILINE)


def revisions_in(texts: Iterable[str]) -> Mapping[str, str | None]:
    """Each with the one that it follows."""
    said = [dict(_SAID.findall(text)) for text in texts]
    return {each["revision"]: each["down_revision"] or None for each in said}


def closed_up(texts: Mapping[str, str], gone: Mapping[str, str | None]) -> Mapping[str, str]:
    """Those of the files that followed a revision that is gone, behind the nearest before it that
    is not; `gone` has each with the one that it followed."""
    closed = {}
    for path, text in texts.items():
        [follows] = revisions_in([text]).values()
        if follows in gone:
            while follows is not None and follows in gone:
                follows = gone[follows]
            closed[path] = saying(text, "down_revision", follows)
    return closed


def saying(text: str, name: str, value: str | None) -> str:
    """With another value for what it is called, or what it follows."""
    written = "None" if value is None else f'"{value}"'
    return re.sub(rf"^{name} = .*$", f"{name} = {written}", text, count=1, flags=re.MULTILINE)
