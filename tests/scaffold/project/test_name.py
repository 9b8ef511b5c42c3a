"""What a project is called, in every way of writing it."""

import pytest

from entrypoints.scaffold.project.name import BadProject, ProjectName


@pytest.mark.parametrize(
    ("typed", "slug", "identifier", "joined"),
    [
        ("Acme Orders", "acme-orders", "acme_orders", "AcmeOrders"),
        ("  Acme   Orders ", "acme-orders", "acme_orders", "AcmeOrders"),
        ("acme-orders", "acme-orders", "acme_orders", "AcmeOrders"),
        ("ACME 24 Orders", "acme-24-orders", "acme_24_orders", "Acme24Orders"),
        ("Ox", "ox", "ox", "Ox"),
    ],
)
def test_one_name_is_written_in_several_ways(
    typed: str, slug: str, identifier: str, joined: str
) -> None:
    name = ProjectName.of(typed)

    assert (name.slug, name.identifier, name.joined) == (slug, identifier, joined)
    assert name.title == " ".join(typed.split())


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "x",
        "9 Lives",
        "Acme & Co",
        'Acme "Orders"',
        "Acme--Orders",
        "-acme",
        "Bücher",
        "a/b",
        "x" * 31,
        "acme_orders",
        "Acme.Orders",
        "Acme\nOrders\0",
    ],
)
def test_what_could_not_be_said_everywhere_is_no_name(typed: str) -> None:
    with pytest.raises(BadProject) as refused:
        ProjectName.of(typed)
    assert "\n" not in str(refused.value)
