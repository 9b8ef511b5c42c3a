"""The version of this service."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from domain.service_name import NAME


def _installed() -> str:
    try:
        return version(NAME)
    except PackageNotFoundError:
        # A checkout that is run in place, without being installed.
        project = Path(__file__).parents[1] / "pyproject.toml"
        declared: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
        return declared


VERSION = _installed()
