"""What is to be written, shown before it is, and then all of it or nothing."""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs


@attrs.frozen
class Change:
    """Of one file, which is not there where there is None."""

    before: str | None
    after: str | None


@attrs.frozen
class Plan:
    root: Path
    changes: Mapping[str, Change]
    """By their paths."""

    @property
    def listing(self) -> Iterator[str]:
        """A line for each file."""
        for path, change in sorted(self.changes.items()):
            if change.before is None:
                yield f"new      {path}"
            elif change.after is None:
                yield f"removed  {path}"
            else:
                yield f"changed  {path}"

    @property
    def diff(self) -> str:
        """As `git apply` takes it."""
        parts: list[str] = []
        for path, change in sorted(self.changes.items()):
            before, after = (change.before or "").splitlines(), (change.after or "").splitlines()
            parts += difflib.unified_diff(
                before,
                after,
                "/dev/null" if change.before is None else f"a/{path}",
                "/dev/null" if change.after is None else f"b/{path}",
                lineterm="",
            )
        return "".join(f"{line}\n" for line in parts)

    def write(self) -> None:
        """All of it, or nothing where anything stops it."""
        with self.written():
            pass

    @contextmanager
    def written(self) -> Iterator[None]:
        """For as long as the block lasts, and for good unless it fails."""
        begun: list[str] = []
        made: list[Path] = []
        try:
            for path, change in self.changes.items():
                begun.append(path)
                self._put(path, change.after, made)
            yield
        except BaseException:
            for path in reversed(begun):
                self._put(path, self.changes[path].before, [])
            for folder in reversed(made):
                _remove_if_empty(folder)
            raise
        for path, change in self.changes.items():
            if change.after is None:
                self._remove_empty_folders_above(path)

    def _put(self, path: str, text: str | None, made: list[Path]) -> None:
        file = self.root / path
        if text is None:
            file.unlink(missing_ok=True)
            return
        for folder in reversed(file.parents):
            if not folder.exists():
                made.append(folder)
                folder.mkdir()
        file.write_text(text, encoding="utf-8")

    def _remove_empty_folders_above(self, path: str) -> None:
        for folder in (self.root / path).parents:
            if folder == self.root or (folder.exists() and not _remove_if_empty(folder)):
                return


def _remove_if_empty(folder: Path) -> bool:
    """But for what Python keeps there by itself."""
    kept = folder / "__pycache__"
    if any(each != kept for each in folder.iterdir()):
        return False
    for file in kept.glob("*"):
        file.unlink()
    if kept.exists():
        kept.rmdir()
    folder.rmdir()
    return True
