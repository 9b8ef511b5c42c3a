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

_FILES = (
    "pyproject.toml",
    "domain/access.py",
    "application/unit_of_work.py",
    "adapters/postgres/tables.py",
    "entrypoints/cli/main.py",
    "alembic/versions/20261121_item_sorts.py",
    "alembic/versions/20261121_job_traces.py",
)
_FOLDERS = ("adapters/memory", "entrypoints/http", "docs")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    for path in _FILES:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, root / path)
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True)
    shutil.copytree(Path(__file__).with_name("templates"), root / "entrypoints/scaffold/templates")
    (root / "docs/features.md").write_text("# Features\n\n## All of them\n\n- items\n\n## More\n")
    return Checkout(root)


@pytest.fixture
def plan(checkout: Checkout) -> PlanFeature:
    def plan_feature(
        name: str, *fields: str, is_owned: bool = False, soft_deletes: bool = False
    ) -> Plan:
        feature = parse_feature(
            name,
            fields or ("title:str",),
            checkout.surroundings(),
            is_owned=is_owned,
            soft_deletes=soft_deletes,
        )
        return plan_of(feature, checkout, TODAY)

    return plan_feature
