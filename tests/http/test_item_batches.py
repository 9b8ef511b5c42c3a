"""Many items at once."""

import json

import pytest

from tests.http.callers import Caller, as_member
from tests.http.client import Client


@pytest.fixture
async def owner(client: Client) -> Caller:
    return await as_member(client)


async def test_items_are_created_in_the_order_they_were_sent(owner: Caller) -> None:
    sent = [{"title": f"Lamp {n}", "status": "active", "attributes": {"n": n}} for n in range(7)]
    answer = await owner.post("/items/batch", json={"items": sent})
    assert answer.status == 201
    assert answer.each("title") == [each["title"] for each in sent]
    assert answer.each("attributes") == [each["attributes"] for each in sent]
    assert set(answer.each("owner_id")) == {owner.user_id}
    for item in answer.items:
        assert (await owner.get(f"/items/{item['id']}")).body == item
    assert (await owner.get("/items"))["total"] == 7


async def test_as_many_as_a_thousand(owner: Caller) -> None:
    answer = await owner.post("/items/batch", json={"items": [{"title": "Lamp"}] * 1000})
    assert answer.status == 201
    assert len(set(answer.each("id"))) == 1000


@pytest.mark.parametrize("count", [0, 1001])
async def test_neither_none_nor_too_many(owner: Caller, count: int) -> None:
    answer = await owner.post("/items/batch", json={"items": [{"title": "Lamp"}] * count})
    assert answer.problem == (400, "validation_error")
    assert {field for field, _ in answer.faults} == {"items"}


async def test_every_fault_is_named_and_nothing_is_stored(owner: Caller) -> None:
    sent: list[object] = [
        {"title": "Lamp"},
        {"title": "", "colour": "red"},
        {"title": "Desk", "status": "lost"},
    ]
    answer = await owner.post("/items/batch", json={"items": sent})
    assert answer.problem == (400, "validation_error")
    assert {field for field, _ in answer.faults} == {
        "items.1.title",
        "items.1.colour",
        "items.2.status",
    }
    assert (await owner.get("/items"))["total"] == 0


async def test_what_only_the_domain_sees_is_named_alike(owner: Caller) -> None:
    sent = [{"title": "Lamp"}, {"title": "  "}, {"title": "a", "attributes": {"a": "b" * 20_000}}]
    answer = await owner.post("/items/batch", json={"items": sent})
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {("items.1.title", "too_short"), ("items.2.attributes", "too_long")}
    assert (await owner.get("/items"))["total"] == 0


async def test_a_batch_is_no_larger_than_other_bodies(owner: Caller) -> None:
    sent = {"items": [{"title": "Lamp", "description": "x" * 9000}] * 200}
    answer = await owner.post(
        "/items/batch",
        content=json.dumps(sent).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.problem == (413, "payload_too_large")
