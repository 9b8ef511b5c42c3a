"""Says everything in a text by another name."""

import re
from collections.abc import Callable

from domain.service_name import IDENTIFIER, NAME, TITLE
from entrypoints.scaffold.project.name import ProjectName

_KEPT = (f"{NAME}/{{purpose}}", f"{NAME} password pre-hash v1")
"""These are no names: keys are made with them, and what is known to come of them is tested."""
_FORMS: tuple[tuple[str, Callable[[ProjectName], str]], ...] = (
    (IDENTIFIER.upper(), lambda name: name.identifier.upper()),
    (rf"{ProjectName(TITLE).joined}(?=[A-Z])", lambda name: name.joined),
    (TITLE, lambda name: name.title),
    (rf"{IDENTIFIER}(?=_)|(?<=_){IDENTIFIER}", lambda name: name.identifier),
    (NAME, lambda name: name.slug),
)
"""How the name is written, the first that fits, and how another is written there."""
_ANY_KEPT = "|".join(map(re.escape, _KEPT))
_ANY_FORM = re.compile("|".join(f"({form})" for form in (_ANY_KEPT, *(form for form, _ in _FORMS))))


def renamed(text: str, name: ProjectName) -> str:
    def other(found: re.Match[str]) -> str:
        place = (found.lastindex or 1) - 1
        return _FORMS[place - 1][1](name) if place else found[0]

    return _ANY_FORM.sub(other, text)


def lines_with_old_name(text: str) -> list[str]:
    """In whatever way it is written there."""
    bare = re.sub(_ANY_KEPT, "", text)
    return [line for line in bare.splitlines() if NAME in line.lower()]
