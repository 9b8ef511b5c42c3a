"""What filters choose of any list."""

import pytest

from domain.text import Json
from tests.contracts.chosen_exhibits import chosen
from tests.exhibits import Exhibit, ExhibitFilter, Exhibits


@pytest.mark.parametrize(
    ("chosen_by", "titles"),
    [
        (ExhibitFilter(), ["Desk", "Lamp", "Lamps"]),
        (ExhibitFilter(kind="coin"), ["Lamp"]),
        (ExhibitFilter(kind="Coin"), []),
        (ExhibitFilter(kind="coin\0"), []),
        (ExhibitFilter(weight_from=100), ["Lamp", "Lamps"]),
        (ExhibitFilter(weight_from=101), ["Lamps"]),
        (ExhibitFilter(weight_to=200), ["Lamp"]),
        (ExhibitFilter(weight_to=100), []),
        (ExhibitFilter(described=True), ["Desk", "Lamp"]),
        (ExhibitFilter(described=False), ["Lamps"]),
        (ExhibitFilter(part="AMPS"), ["Lamps"]),
        (ExhibitFilter(part="of WOOD"), ["Desk"]),
        (ExhibitFilter(part="100%"), ["Lamp"]),
        (ExhibitFilter(part="1_0"), []),
        (ExhibitFilter(part="\\"), []),
        (ExhibitFilter(q="lamp", kind="coin", weight_from=1, facts={"new": True}), ["Lamp"]),
        (ExhibitFilter(q="lamp", kind="coin", weight_from=1, facts={"new": False}), []),
    ],
)
async def test_each_compares_in_its_own_way(
    exhibits: Exhibits, chosen_by: ExhibitFilter, titles: list[str]
) -> None:
    await exhibits.add(
        Exhibit(title="Desk", about="One of wood"),
        Exhibit(title="Lamp", about="100% brass", kind="coin", weight=100, facts={"new": True}),
        Exhibit(title="Lamps", weight=200),
    )

    assert await chosen(exhibits, chosen_by) == titles


FACTS: dict[str, Json] = {
    "colour": "green",
    "count": 1,
    "ratio": 2.5,
    "on": True,
    "none": None,
    "tags": ["a", "b", ["c", "d"], {"e": 1, "f": 2}],
    "size": {"width": 1, "deep": {"height": 2, "unit": "cm"}},
}


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"colour": "green"},
        {"count": 1, "on": True},
        {"count": 1.0},
        {"ratio": 2.5},
        {"none": None},
        {"tags": []},
        {"tags": ["b"]},
        {"tags": ["b", "a", "b"]},
        {"tags": [["d"]]},
        {"tags": [{"f": 2}]},
        {"size": {}},
        {"size": {"deep": {"unit": "cm"}}},
        FACTS,
    ],
    ids=repr,
)
async def test_facts_contain_their_parts(exhibits: Exhibits, part: dict[str, Json]) -> None:
    await exhibits.add(Exhibit(title="Lamp", facts=FACTS))

    assert await chosen(exhibits, ExhibitFilter(facts=part)) == ["Lamp"]


@pytest.mark.parametrize(
    "part",
    [
        {"colour": "red"},
        {"colour": "Green"},
        {"colour": None},
        {"colour": ["green"]},
        {"colour": {}},
        {"count": True},
        {"count": "1"},
        {"on": 1},
        {"none": False},
        {"absent": None},
        {"tags": "a"},
        {"tags": ["c"]},
        {"tags": [["c", "e"]]},
        {"tags": [{"e": 1, "f": 1}]},
        {"tags": {}},
        {"size": {"width": 1, "height": 2}},
        {"size": []},
        {"deep": {"unit": "cm"}},
        {"colour": "green\0"},
        {"\0": 1},
        {"colour": "\ud800"},
    ],
    ids=repr,
)
async def test_facts_contain_nothing_else(exhibits: Exhibits, part: dict[str, Json]) -> None:
    await exhibits.add(Exhibit(title="Lamp", facts=FACTS))

    assert await chosen(exhibits, ExhibitFilter(facts=part)) == []
