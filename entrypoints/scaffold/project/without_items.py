"""The service without its example of a resource: the items, and the files that are attached to
them.

What is theirs alone is told by its path, which says one of their words. Elsewhere they stand in
whole lines of their own, in the files that are listed here.
"""

from collections.abc import Mapping
from pathlib import Path

import attrs

from entrypoints.scaffold.migrations import closed_up, revisions_in
from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.name import BadProject
from entrypoints.scaffold.project.pruning import (
    Vocabulary,
    without_blocks,
    without_code,
    without_lines,
    without_sections,
)
from entrypoints.scaffold.record import MIGRATIONS
from entrypoints.scaffold.ruff import in_shape

ITEMS = Vocabulary(
    words=frozenset({"item", "items", "attachment", "attachments"}),
    names=frozenset(
        {"import_rejected", "storage_quota_bytes", "upload_max_bytes", "upload_timeout"}
    ),
)
_THEIRS = frozenset({"adapters/cache/__init__.py", "tests/http/openapi/files.txt"})
"""What is theirs alone and does not say so by its path."""
STAYS = "docs/decisions/"
"""What was decided was decided, also of what is not there any more."""
SHARED = (
    ".env.example",
    "README.md",
    "adapters/memory/own_data.py",
    "adapters/memory/tables.py",
    "adapters/memory/unit_of_work.py",
    "adapters/postgres/own_data.py",
    "adapters/postgres/tables.py",
    "adapters/postgres/unit_of_work.py",
    "application/unit_of_work.py",
    "application/users/purge_accounts.py",
    "bench/subjects.py",
    "docs/operations.md",
    "docs/settings.md",
    "docs/tour.md",
    "domain/access.py",
    "entrypoints/background.py",
    "entrypoints/bootstrap/running.py",
    "entrypoints/bootstrap/services.py",
    "entrypoints/bootstrap/use_cases.py",
    "entrypoints/cli/main.py",
    "entrypoints/http/app.py",
    "entrypoints/http/problem_shapes.py",
    "entrypoints/scaffold/checkout.py",
    "entrypoints/settings/schema.py",
    "pyproject.toml",
    "tests/application/service.py",
    "tests/architecture/test_listings.py",
    "tests/contracts/conftest.py",
    "tests/contracts/storage.py",
    "tests/hostile/reasons.py",
    "tests/http/features.py",
    "tests/http/openapi/shared.txt",
    "tests/soak/test_memory.py",
    "tests/storing.py",
)
_MORE = {"tests/http/openapi/shared.txt": frozenset({"imported", "line", "rejected"})}
"""What is theirs in one of these, and says so nowhere near."""


def without_items(files: Mapping[str, File], root: Path) -> Mapping[str, File]:
    """Raise `BadProject` where a file is not there or has nothing of them, and what `in_shape`
    raises."""
    left = {path: file for path, file in files.items() if not _is_theirs(path)}
    texts = {path: _pruned(path, files) for path in SHARED}
    chain = {path: file.text or "" for path, file in files.items() if path.startswith(MIGRATIONS)}
    gone = revisions_in(text for path, text in chain.items() if _is_theirs(path))
    texts |= closed_up({path: text for path, text in chain.items() if path in left}, gone)
    texts |= in_shape({path: text for path, text in texts.items() if path.endswith(".py")}, root)
    return left | {path: left[path].saying(text) for path, text in texts.items()}


def _is_theirs(path: str) -> bool:
    return path in _THEIRS or (ITEMS.are_in(path) and not path.startswith(STAYS))


def _pruned(path: str, files: Mapping[str, File]) -> str:
    text = files[path].text if path in files else None
    if text is None:
        raise BadProject(f"{path} is not there, which has to be without items")
    words = attrs.evolve(ITEMS, names=ITEMS.names | _MORE.get(path, frozenset()))
    match Path(path).suffix:
        case ".py":
            pruned = without_code(text, words)
        case ".md":
            pruned = without_sections(text, words)
        case ".example":
            pruned = without_blocks(text, words)
        case _:
            pruned = without_lines(text, words)
    if pruned == text:
        raise BadProject(f"{path} is said to have something of items, and has nothing")
    return pruned
