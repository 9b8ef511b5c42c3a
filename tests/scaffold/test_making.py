"""A feature is written whole or not at all, and only adds lines to what is there."""

from pathlib import Path

import pytest

from entrypoints.scaffold.checkout import Checkout, NoCheckout
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.places import NoPlace
from entrypoints.scaffold.plan import Plan
from tests.scaffold.tree import PlanFeature, tree_of


def test_makes_the_files_that_the_flags_ask_for(checkout: Checkout, plan: PlanFeature) -> None:
    plan("order", "due:date:default=2026-01-01").write()

    assert checkout.read("application/orders/__init__.py") is None
    assert checkout.read("domain/orders.py") == (
        '"""Orders."""\n\nfrom typing import NewType\nfrom uuid import UUID\n\n'
        'OrderId = NewType("OrderId", UUID)\n\n\n'
        "class Order:\n    id: OrderId\n    due: date = date(2026, 1, 1)\n"
    )

    plan("invoice", soft_deletes=True).write()

    assert checkout.read("application/invoices/__init__.py") == ""
    assert (
        checkout.read("application/invoices/restore_invoice.py") == '"""Bring an invoice back."""\n'
    )


def test_only_adds_lines_to_what_is_there(checkout: Checkout, plan: PlanFeature) -> None:
    made = plan("order", is_owned=True)

    for path, change in made.changes.items():
        if change.before is not None:
            left = iter((change.after or "").splitlines())
            assert all(line in left for line in change.before.splitlines()), path
    assert "        Permission.ORDERS_READ,\n    }\n)" in (
        made.changes["domain/access.py"].after or ""
    )


def test_follows_the_newest_migration(checkout: Checkout, plan: PlanFeature) -> None:
    plan("order").write()
    plan("invoice").write()

    text = checkout.read("alembic/versions/20261121_invoices.py") or ""
    assert 'revision = "0020_invoices"\ndown_revision = "0019_orders"\n' in text


def test_refuses_where_two_migrations_are_the_newest(checkout: Checkout, plan: PlanFeature) -> None:
    versions = checkout.root / "alembic/versions"
    (versions / "other.py").write_text('revision = "0018_other"\ndown_revision = "0017_first"\n')

    with pytest.raises(BadFeature, match="2 newest migrations"):
        plan("order")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("role", "domain/access.py has a Role"),
        ("kept-answer", "the unit of work has kept_answers"),
        ("token", "there are permissions for tokens"),
        ("key", "there is a command keys"),
        ("shelf", "there is a table shelves"),
        ("order", "there is a feature orders"),
    ],
)
def test_refuses_a_name_that_is_taken(plan: PlanFeature, name: str, said: str) -> None:
    plan("order").write()

    with pytest.raises(BadFeature, match=said):
        plan(name, plural="shelves" if name == "shelf" else None)


def test_refuses_a_file_and_a_class_that_are_there(checkout: Checkout, plan: PlanFeature) -> None:
    (checkout.root / "application/orders").mkdir()
    (checkout.root / "application/orders/restore_order.py").write_text("x = 1\n")

    with pytest.raises(BadFeature, match=r"restore_order\.py is there already"):
        plan("order", soft_deletes=True)

    (checkout.root / "adapters/memory/elsewhere.py").write_text("class Invoice:\n    pass\n")

    with pytest.raises(BadFeature, match=r"elsewhere\.py has a Invoice already"):
        plan("invoice")


def test_says_which_registry_has_no_place_for_a_line(checkout: Checkout, plan: PlanFeature) -> None:
    access = checkout.root / "domain/access.py"
    access.write_text(access.read_text().replace("class Permission", "class Permissions"))

    with pytest.raises(NoPlace, match=r"domain/access\.py: there is no Permission"):
        plan("order")


def test_refuses_a_tree_that_is_none_of_ours(tmp_path: Path, checkout: Checkout) -> None:
    with pytest.raises(NoCheckout):
        Checkout.around(tmp_path)

    assert Checkout.around(checkout.root / "application").root == checkout.root


def test_lists_and_shows_what_is_to_be_written(checkout: Checkout, plan: PlanFeature) -> None:
    made = plan("order")

    assert "new      domain/orders.py" in made.listing
    assert "changed  domain/access.py" in made.listing
    assert '+    ORDERS_CREATE = "orders:create", "Create orders"\n' in made.diff
    assert "--- /dev/null\n+++ b/domain/orders.py\n" in made.diff
    assert checkout.read("domain/orders.py") is None


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt, SystemExit])
def test_leaves_nothing_of_what_was_stopped_halfway(
    checkout: Checkout,
    plan: PlanFeature,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[BaseException],
) -> None:
    before = tree_of(checkout.root)
    made = plan("order", soft_deletes=True)
    written: list[Path] = []
    write_text = Path.write_text

    def fails_in_the_end(self: Path, data: str, encoding: str) -> int:
        written.append(self)
        if len(written) == len(made.changes):
            write_text(self, data[:5], encoding=encoding)
            raise failure
        return write_text(self, data, encoding=encoding)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", fails_in_the_end)
        with pytest.raises(failure):
            made.write()

    assert len(written) > len(made.changes)
    assert tree_of(checkout.root) == before


def test_what_was_made_is_written_as_it_was_shown(checkout: Checkout, plan: PlanFeature) -> None:
    made: Plan = plan("order")
    made.write()

    for path, change in made.changes.items():
        assert checkout.read(path) == change.after
