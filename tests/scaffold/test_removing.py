"""What `new` wrote goes again without a trace, and nothing else with it."""

from itertools import permutations
from pathlib import Path

import pytest

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.removing import Removal, record_of, removal_of
from tests.scaffold.tree import TODAY, PlanFeature, tree_of


def removal(checkout: Checkout, name: str, *, is_applied: bool = False) -> Removal:
    return removal_of(record_of(name, checkout), checkout, TODAY, is_applied=is_applied)


def remove(checkout: Checkout, name: str) -> None:
    removed = removal(checkout, name)
    assert removed.edits == []
    removed.plan.write()


@pytest.mark.parametrize("name", ["order", "orders", "Order"])
def test_leaves_the_tree_as_it_was(checkout: Checkout, plan: PlanFeature, name: str) -> None:
    before = tree_of(checkout.root)
    plan("order", "title:str:required", is_owned=True, soft_deletes=True).write()
    assert tree_of(checkout.root) != before

    remove(checkout, name)

    after = tree_of(checkout.root)
    assert after == before


@pytest.mark.parametrize("order", list(permutations(["order", "invoice", "parcel"])))
def test_leaves_others_whole(checkout: Checkout, plan: PlanFeature, order: tuple[str, ...]) -> None:
    before = tree_of(checkout.root)
    plan("order", is_owned=True).write()
    plan("invoice", is_owned=True).write()
    plan("parcel", soft_deletes=True).write()

    for name in order:
        remove(checkout, name)

    assert tree_of(checkout.root) == before


def test_a_feature_that_came_later_follows_the_migration_before(
    checkout: Checkout, plan: PlanFeature
) -> None:
    plan("order").write()
    plan("invoice").write()

    remove(checkout, "order")

    assert checkout.revisions["0020_invoices"] == "0018_more"


def test_what_was_changed_elsewhere_stays(checkout: Checkout, plan: PlanFeature) -> None:
    access = checkout.root / "domain/access.py"
    plan("order", is_owned=True).write()
    edited = access.read_text().replace(
        '    ORDERS_CREATE = "orders:create"',
        '    THINGS_DO = "things:do"\n    ORDERS_CREATE = "orders:create"',
    )
    access.write_text(f"{edited}\n\nLAST = 1\n")

    remove(checkout, "order")

    left = access.read_text()
    assert 'THINGS_DO = "things:do"' in left
    assert left.endswith("LAST = 1\n")
    assert "ORDERS" not in left


def test_tells_of_everything_that_was_changed_by_hand(
    checkout: Checkout, plan: PlanFeature
) -> None:
    plan("order", soft_deletes=True).write()
    (checkout.root / "domain/orders.py").write_text("MINE = 1\n")
    (checkout.root / "application/orders/approve_order.py").write_text("MINE = 1\n")
    access = checkout.root / "domain/access.py"
    access.write_text(access.read_text().replace('"Create orders"', '"Place orders"'))

    assert removal(checkout, "order").edits == [
        "application/orders/approve_order.py was written by hand",
        "domain/orders.py was changed by hand",
        'domain/access.py: ORDERS_CREATE = "orders:create", "Create orders" was changed by hand',
    ]


def test_by_force_leaves_what_was_written_beside_it(checkout: Checkout, plan: PlanFeature) -> None:
    plan("order", soft_deletes=True).write()
    mine = checkout.root / "application/orders/approve_order.py"
    mine.write_text("MINE = 1\n")

    removal(checkout, "order").plan.write()

    assert mine.is_file()
    assert not (checkout.root / "application/orders/restore_order.py").exists()


def test_a_table_that_a_database_has_is_dropped_by_a_migration(
    checkout: Checkout, plan: PlanFeature
) -> None:
    plan("order").write()
    plan("invoice").write()
    original = checkout.read("alembic/versions/20261121_orders.py") or ""

    removal(checkout, "order", is_applied=True).plan.write()

    assert checkout.read("alembic/versions/20261121_orders.py") == original
    dropping = checkout.read("alembic/versions/20261121_orders_removed.py") or ""
    assert 'revision = "0021_orders_removed"\ndown_revision = "0020_invoices"\n' in dropping
    assert 'def upgrade() -> None:\n    op.drop_table("orders")\n' in dropping
    assert 'def downgrade() -> None:\n    op.create_table("orders"' in dropping
    assert dropping.endswith(")\n")


def test_a_feature_can_come_back_under_its_name(checkout: Checkout, plan: PlanFeature) -> None:
    plan("order").write()
    removal(checkout, "order", is_applied=True).plan.write()

    plan("order").write()

    assert checkout.revisions["0021_orders"] == "0020_orders_removed"
    assert checkout.read("alembic/versions/20261121_orders_2.py") is not None
    removal(checkout, "order", is_applied=True).plan.write()
    assert checkout.revisions["0022_orders_removed"] == "0021_orders"


def test_refuses_what_others_refer_to(checkout: Checkout, plan: PlanFeature) -> None:
    plan("purchase-order").write()
    plan("invoice", "for_order:ref(purchase-orders)").write()

    with pytest.raises(BadFeature, match="invoices refer to purchase-orders"):
        removal(checkout, "purchase-order")


def test_refuses_what_was_never_made(checkout: Checkout, plan: PlanFeature) -> None:
    plan("invoice").write()

    with pytest.raises(BadFeature, match="no feature role that was made here; invoices"):
        removal(checkout, "role")


def test_folders_that_were_there_stay(checkout: Checkout, plan: PlanFeature) -> None:
    folder: Path = checkout.root / "application/orders"
    plan("order", soft_deletes=True).write()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/restore_order.pyc").write_bytes(b"")

    remove(checkout, "order")

    assert not folder.exists()
    assert folder.parent.is_dir()
