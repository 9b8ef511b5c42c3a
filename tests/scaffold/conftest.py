"""A small tree that has what features are added to, and a few templates of its own."""

import shutil
from pathlib import Path

import pytest

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.making import plan_of
from entrypoints.scaffold.parsing import parse_feature
from entrypoints.scaffold.plan import Plan
from tests.scaffold.tree import TODAY, PlanFeature

PROJECT = Path(__file__).parents[2]

_FOLDERS = ("adapters/memory", "entrypoints/http")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    small = Path(__file__).with_name("small_tree")
    for file in small.rglob("*.txt"):
        path = root / file.relative_to(small).with_suffix("")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, path)
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True)
    shutil.copy(PROJECT / "pyproject.toml", root)
    shutil.copytree(Path(__file__).with_name("templates"), root / "entrypoints/scaffold/templates")
    return Checkout(root)


@pytest.fixture
def plan(checkout: Checkout) -> PlanFeature:
    def plan_feature(
        name: str,
        *fields: str,
        is_owned: bool = False,
        soft_deletes: bool = False,
        plural: str | None = None,
    ) -> Plan:
        feature = parse_feature(
            name,
            fields or ("title:str",),
            checkout.surroundings(),
            plural=plural,
            is_owned=is_owned,
            soft_deletes=soft_deletes,
        )
        return plan_of(feature, checkout, TODAY)

    return plan_feature
