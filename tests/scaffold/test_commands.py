"""Features are made and removed by commands, and asked for where nothing is named."""

import re

import pytest

from entrypoints.scaffold.checkout import Checkout
from tests.cli.commands import Cli
from tests.scaffold.tree import tree_of


@pytest.fixture
def cli(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(checkout.root / "domain")
    monkeypatch.setenv("DATA_DIR", str(checkout.root.parent / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Cli()


NEW = ("new", "feature", "purchase-order", "--field", "number:str:required")


def test_makes_a_feature_and_takes_it_out_again(cli: Cli, checkout: Checkout) -> None:
    before = tree_of(checkout.root)

    made = cli(*NEW, "--owned")

    assert (made.status, made.err.startswith("made the feature purchase-orders")) == (0, True)
    assert "new      domain/purchase_orders.py\n" in made.out
    assert checkout.read("domain/purchase_orders.py") is not None

    removed = cli("remove", "feature", "purchase-order")

    assert removed.status == 0
    assert "the database never had its table" in removed.err
    assert tree_of(checkout.root) == before


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_shows_and_writes_nothing(cli: Cli, checkout: Checkout, option: str) -> None:
    before = tree_of(checkout.root)

    shown = cli(*NEW, option)

    assert (shown.status, shown.err) == (0, "")
    assert "domain/purchase_orders.py" in shown.out
    assert tree_of(checkout.root) == before


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_shows_what_would_be_removed(cli: Cli, checkout: Checkout, option: str) -> None:
    cli(*NEW)
    before = tree_of(checkout.root)

    shown = cli("remove", "feature", "purchase-order", option)

    assert shown.status == 0
    assert "domain/purchase_orders.py" in shown.out
    assert tree_of(checkout.root) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("class", "--field", "title:str"), "class is a keyword of Python"),
        (("user", "--field", "title:str"), "users is taken: there is a command users"),
        (("order",), "a feature needs a field, as in --field title:str:required"),
        (
            ("order", "--field", "title"),
            "title is no field: write name:type, as in number:str:required",
        ),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(
    cli: Cli, checkout: Checkout, words: tuple[str, ...], said: str
) -> None:
    before = tree_of(checkout.root)

    refused = cli("new", "feature", *words)

    assert refused.is_refused(said)
    assert tree_of(checkout.root) == before


def test_refuses_to_lose_what_was_written_by_hand(cli: Cli, checkout: Checkout) -> None:
    cli(*NEW)
    (checkout.root / "domain/purchase_orders.py").write_text("MINE = 1\n")

    refused = cli("remove", "feature", "purchase-order")

    assert refused.status == 1
    assert "error: domain/purchase_orders.py was changed by hand\n" in refused.err
    assert checkout.read("domain/purchase_orders.py") == "MINE = 1\n"

    assert cli("remove", "feature", "purchase-order", "--force").status == 0
    assert checkout.read("domain/purchase_orders.py") is None


def test_drops_the_table_where_it_is_told_that_there_is_one(cli: Cli, checkout: Checkout) -> None:
    cli(*NEW)

    removed = cli("remove", "feature", "purchase-orders", "--applied")

    assert re.search(r"new +alembic/versions/\d+_purchase_orders_removed\.py", removed.out)


def test_says_where_it_can_not_work(
    cli: Cli, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout.root.parent)

    assert cli(*NEW).is_refused(
        "this is no checkout of the service: features are made in its own folder"
    )


def test_asks_for_what_it_was_not_told(cli: Cli, checkout: Checkout) -> None:
    answers = [
        "class", "parcel", "", "", "weight:int:unique:default=1", "title:text", "weight:int:min=0",
        "", "", "y", "", "n", "",
    ]  # fmt: skip

    made = cli("new", "feature", stdin="\n".join(answers) + "\n")

    assert made.status == 0, made.err
    assert "class is a keyword of Python" in made.err
    assert "what is unique has no default" in made.err
    assert "title is there twice" in made.err
    record = checkout.records["parcels"]
    assert list(record.fields) == ["title:str:required", "weight:int:min=0"]
    assert (record.is_owned, record.soft_deletes) == (True, True)
    assert (record.has_events, record.is_searchable) == (False, False)


def test_writes_nothing_unless_it_is_told_to(cli: Cli, checkout: Checkout) -> None:
    before = tree_of(checkout.root)
    answers = ["parcel", "", "", "", "", "", "", "", "n"]

    refused = cli("new", "feature", stdin="\n".join(answers) + "\n")

    assert refused.status == 1
    assert "new      domain/parcels.py" in refused.out
    assert refused.err.endswith("error: nothing was written\n")
    assert tree_of(checkout.root) == before


def test_asks_no_longer_where_nobody_answers(cli: Cli, checkout: Checkout) -> None:
    before = tree_of(checkout.root)

    asked = cli("new", "feature", stdin="parcel\n")

    assert (asked.status, asked.out) == (2, "")
    assert asked.err.endswith(
        "error: nobody answers: name the feature, and see --help for the rest\n"
    )
    assert tree_of(checkout.root) == before
