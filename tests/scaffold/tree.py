"""What is made in the tests, and what a tree holds, to be compared."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from entrypoints.scaffold.plan import Plan

TODAY = date(2026, 11, 21)
PlanFeature = Callable[..., Plan]


def tree_of(root: Path) -> dict[str, str | None]:
    """Every file with its text, and every folder."""
    return {
        path.relative_to(root).as_posix(): path.read_text() if path.is_file() else None
        for path in root.rglob("*")
    }
