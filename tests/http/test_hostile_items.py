"""What is sent to do harm, in the fields and filters that items alone have."""

from collections.abc import Mapping

import pytest

from domain.text import Json
from tests.http.callers import as_member
from tests.http.client import Client
from tests.http.hostile import CANARY, JSON, refused, shortly


@pytest.mark.parametrize(
    "body",
    [
        rb'{"title": "canary4711\u0000"}',
        b'{"title": "' + b"canary4711" * 26 + b'"}',
        b'{"title": "   "}',
        b'{"title": "a", "owner_id": "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"}',
        rb'{"title": "a", "description": "canary4711\u0000"}',
        rb'{"title": "a", "description": "canary4711\ud800"}',
        b'{"title": "a", "description": "' + b"canary4711" * 1001 + b'"}',
        b'{"title": "a", "status": "canary4711"}',
        b'{"title": "a", "status": null}',
        rb'{"title": "a", "status": "\ud800"}',
        rb'{"title": "a", "attributes": {"canary4711\u0000": 1}}',
        rb'{"title": "a", "attributes": {"a": ["canary4711\u0000"]}}',
        rb'{"title": "a", "attributes": {"canary4711\ud800": 1}}',
        rb'{"title": "a", "attributes": {"a": {"b": "canary4711\udc00"}}}',
        rb'{"title": "a", "attributes": {"a": 9223372036854775808}}',
        rb'{"title": "a", "attributes": {"a": -9223372036854775809}}',
        rb'{"title": "a", "attributes": {"a": 1e999}}',
        rb'{"title": "a", "attributes": {"a": -1e999}}',
        b'{"title": "a", "attributes": {"canary4711": "' + b"x" * 16_400 + b'"}}',
        b'{"title": "a", "attributes": null}',
        b'{"title": "a", "attributes": ["canary4711"]}',
        b'{"title": "a", "attributes": "{}"}',
    ],
    ids=shortly,
)
async def test_an_item_of_bad_fields_is_not_valid(client: Client, body: bytes) -> None:
    member = await as_member(client)
    refused(await member.post("/items", content=body, headers=JSON), "validation_error")


async def test_attributes_nest_as_deep_as_the_body_may(client: Client) -> None:
    member = await as_member(client)
    body = b'{"title": "a", "attributes": {"a": ' + b"[" * 30 + b"]" * 30 + b"}}"
    item = await member.post("/items", content=body, headers=JSON)
    assert item.status == 201
    assert (await member.get(f"/items/{item['id']}"))["attributes"] == item["attributes"]


async def test_the_largest_numbers_survive_as_they_are(client: Client) -> None:
    member = await as_member(client)
    numbers: list[Json] = [2**63 - 1, -(2**63), 2**53 + 1, 1.5e300, -0.1, 1e-300, 0]
    item = await member.post("/items", json={"title": "a", "attributes": {"numbers": numbers}})
    assert item.status == 201
    read = await member.get(f"/items/{item['id']}")
    assert read["attributes"] == {"numbers": numbers}


@pytest.mark.parametrize(
    "params",
    [
        {"sort": "owner_id"},
        {"sort": "search"},
        {"q": "canary4711\x00"},
        {"status": CANARY},
        {"status": ""},
        {"owner_id": CANARY},
        {"owner_id": "0"},
        {"updated_from": "2026-02-30T00:00:00Z"},
        {"attributes": CANARY},
        {"attributes": "[]"},
        {"attributes": '"canary4711"'},
        {"attributes": "null"},
        {"attributes": '{"canary4711": NaN}'},
        {"attributes": '{"canary4711": 1e999}'},
        {"attributes": '{"canary4711": 99999999999999999999}'},
        {"attributes": '{"canary4711": 1, "canary4711": 1}'},
        {"attributes": '{"canary4711": "\\u0000"}'},
        {"attributes": '{"canary4711": "\\ud800"}'},
        {"attributes": '{"canary4711\\u0000": 1}'},
        {"attributes": "[" * 2000},
        {"attributes": '{"canary4711": "' + "x" * 17_000 + '"}'},
        {"deleted": "maybe"},
    ],
    ids=shortly,
)
async def test_a_list_of_items_refuses_bad_parameters(
    client: Client, params: Mapping[str, str]
) -> None:
    member = await as_member(client)
    refused(await member.get("/items", params=params), "validation_error", "malformed_json")


@pytest.mark.parametrize(
    "params",
    [
        {"q": "%"},
        {"q": "\\"},
        {"q": "'; DROP TABLE items; --"},
        {"q": "& | ! ( ) <-> :* *"},
        {"q": "a:b & !c"},
        {"q": "'"},
        {"attributes": '{"a": {"b": [1, 2.5, null, true, "%"]}}'},
        {"attributes": "{}"},
    ],
    ids=shortly,
)
async def test_a_list_of_items_takes_strange_but_sound_parameters(
    client: Client, params: Mapping[str, str]
) -> None:
    member = await as_member(client)
    assert (await member.get("/items", params=params)).status == 200
