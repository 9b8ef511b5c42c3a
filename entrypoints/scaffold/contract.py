"""What a plan makes of the OpenAPI document, as `tests/http/openapi` keeps it for reviewers."""

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from entrypoints.scaffold.insertion import ANYWHERE, Inserted
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.plan import Change

FOLDER = "tests/http/openapi"
_MODULE = "tests.http.snapshot"


class NotWorking(Exception):
    """The service would not start with what was generated; the message has its last words."""


def shown_with(changes: Mapping[str, Change], root: Path) -> Mapping[str, str]:
    """The files of the snapshot, by their paths, as they would be; none where none is kept."""
    if not (root / FOLDER).is_dir():
        return {}
    with TemporaryDirectory(prefix="overlay-") as name:
        for path, change in changes.items():
            if path.endswith(".py") and change.after is not None:
                (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(name) / path).write_text(change.after, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "entrypoints.scaffold.overlay", name, _MODULE],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise NotWorking((done.stderr.strip() or "it says nothing").splitlines()[-1])
    shown = json.loads(done.stdout)
    return {f"{FOLDER}/{tag}.txt": text for tag, text in shown.items()}


def added_lines(path: str, before: str, after: str) -> Sequence[Inserted]:
    """Raise `BadFeature` where more than that would change."""
    return list(_added_lines(path, before, after))


def _added_lines(path: str, before: str, after: str) -> Iterator[Inserted]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, _, _, start, end in matcher.get_opcodes():
        if kind == "insert":
            yield Inserted(ANYWHERE, "".join(new[start:end]))
        elif kind != "equal":
            raise BadFeature(
                f"{path} is not up to date: UPDATE_SNAPSHOT=1 pytest tests/http/test_openapi.py"
            )
