"""The files of this service, as a checkout of it has them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.making import HERE


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, File]:
    """All but what git ignores; also where the tests run outside of a checkout."""
    repository = tmp_path_factory.mktemp("repository")
    git("init", "--quiet", folder=repository)
    listed = git(
        f"--git-dir={repository / '.git'}", f"--work-tree={HERE}",
        "ls-files", "--others", "--exclude-standard", "-z", folder=HERE,
    )  # fmt: skip
    paths = [path for path in listed.split("\0") if path]
    return {
        path: File((HERE / path).read_bytes(), os.access(HERE / path, os.X_OK)) for path in paths
    }


def git(*words: str, folder: Path) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
