"""Runs a module as if a plan were written: `python -m entrypoints.scaffold.overlay FOLDER MODULE`,
where what is in the folder comes in the place of what is in the tree."""

import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

import attrs


@attrs.frozen
class Overlay(MetaPathFinder):
    folder: Path

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - what Python calls with
        target: ModuleType | None = None,  # noqa: ARG002 - what Python calls with
    ) -> ModuleSpec | None:
        place = self.folder / fullname.replace(".", "/")
        package, module = place / "__init__.py", place.with_suffix(".py")
        if package.is_file():
            return spec_from_file_location(
                fullname, package, submodule_search_locations=[str(place)]
            )
        return spec_from_file_location(fullname, module) if module.is_file() else None


if __name__ == "__main__":
    sys.meta_path.insert(0, Overlay(Path(sys.argv[1])))
    runpy.run_module(sys.argv[2], run_name="__main__")
