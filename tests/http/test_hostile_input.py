"""What a plain FastAPI application answers with 500, hangs on or leaks: here always a documented
refusal, which never repeats what was sent."""

from collections.abc import Mapping

import pytest

from domain.text import Json
from tests.http.callers import as_member, as_superuser
from tests.http.client import Client
from tests.http.hostile import CANARY, JSON, SOME_ID, refused, shortly


@pytest.mark.parametrize(
    "body",
    [
        rb'{"title": "canary4711\u0000"}',
        rb'{"title": "canary4711\ud800"}',
        rb'{"title": "\udfff\ud800canary4711"}',
        rb'{"title": "canary4711\u001b[2J"}',
        rb'{"title": "canary4711\nforged log line"}',
        rb'{"title": "canary4711\u0085"}',
        rb'{"title": "a", "description": "canary4711\u0000"}',
        rb'{"title": "a", "description": "canary4711\ud800"}',
        rb'{"title": "a", "attributes": {"canary4711\u0000": 1}}',
        rb'{"title": "a", "attributes": {"a": ["canary4711\u0000"]}}',
        rb'{"title": "a", "attributes": {"canary4711\ud800": 1}}',
        rb'{"title": "a", "attributes": {"a": {"b": "canary4711\udc00"}}}',
        rb'{"title": "a", "attributes": {"a": 9223372036854775808}}',
        rb'{"title": "a", "attributes": {"a": -9223372036854775809}}',
        rb'{"title": "a", "attributes": {"a": 1e999}}',
        rb'{"title": "a", "attributes": {"a": -1e999}}',
        b'{"title": "a", "attributes": {"canary4711": "' + b"x" * 16_400 + b'"}}',
        b'{"title": "' + b"canary4711" * 26 + b'"}',
        b'{"title": "a", "description": "' + b"canary4711" * 1001 + b'"}',
        b'{"title": "   "}',
        b'{"title": ""}',
        b'{"title": null}',
        b'{"title": 4711}',
        b'{"title": true}',
        b'{"title": ["canary4711"]}',
        b'{"title": {"canary4711": 1}}',
        b'{"title": "a", "status": "canary4711"}',
        b'{"title": "a", "status": 1}',
        b'{"title": "a", "status": null}',
        rb'{"title": "a", "status": "\ud800"}',
        b'{"title": "a", "attributes": null}',
        b'{"title": "a", "attributes": ["canary4711"]}',
        b'{"title": "a", "attributes": "{}"}',
        rb'{"title": "a", "canary\u0000": 1}',
        rb'{"title": "a", "\ud800": 1}',
        b'{"title": "a", "version": 7}',
        b'{"title": "a", "owner_id": "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"}',
        b'"canary4711"',
        b'["canary4711"]',
        b"4711",
        b"true",
        b"null",
        b"{}",
        b"",
    ],
)
async def test_an_item_of_bad_fields_is_not_valid(client: Client, body: bytes) -> None:
    member = await as_member(client)
    refused(await member.post("/items", content=body, headers=JSON), "validation_error")


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "canary4711"',
        b"{'title': 'canary4711'}",
        b'{"title": "canary4711",}',
        b'{"title": "canary4711"} {"title": "b"}',
        b'{"title": "a", "title": "canary4711"}',
        b'{"title": "a", "attributes": {"canary4711": 1, "canary4711": 2}}',
        b'{"title": "a", "attributes": {"canary4711": NaN}}',
        b'{"title": "a", "attributes": {"canary4711": Infinity}}',
        b'{"title": "a", "attributes": {"canary4711": -Infinity}}',
        b'{"title": "a", "attributes": {"canary4711": ' + b"9" * 5000 + b"}}",
        b'{"title": "a", "attributes": ' + b"[" * 32 + b"]" * 32 + b"}",
        b'{"canary4711": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"[" * 1_000_000,
        b'{"a":' * 150_000,
        '{"title": "canary4711"}'.encode("utf-16"),
        '{"title": "canary4711"}'.encode("utf-16-le"),
        '{"title": "canary4711"}'.encode("utf-32"),
        '\ufeff{"title": "canary4711"}'.encode(),
        b'{"title": "canary4711\xff"}',
        b'{"title": "canary4711\xed\xa0\x80"}',
        b'{"title": "canary4711\x00"}',
        b"\x00",
        b"canary4711",
    ],
    ids=shortly,
)
async def test_what_is_not_json_by_the_letter_is_malformed(client: Client, body: bytes) -> None:
    member = await as_member(client)
    refused(await member.post("/items", content=body, headers=JSON), "malformed_json")


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
        {"limit": "-1"},
        {"limit": "0"},
        {"limit": "501"},
        {"limit": "9" * 30},
        {"limit": "1.5"},
        {"limit": "1e2"},
        {"limit": "true"},
        {"limit": ""},
        {"limit": CANARY},
        {"skip": "-1"},
        {"skip": "2147483648"},
        {"skip": "99999999999999999999"},
        {"skip": CANARY},
        {"sort": CANARY},
        {"sort": "-"},
        {"sort": ""},
        {"sort": "title,title"},
        {"sort": "title,-title"},
        {"sort": "owner_id"},
        {"sort": "search"},
        {"sort": "title;DROP TABLE items"},
        {"sort": "title\x00"},
        {"sort": "title," * 60},
        {"cursor": CANARY},
        {"cursor": ""},
        {"cursor": "\x00"},
        {"cursor": "é"},
        {"cursor": "A" * 2049},
        {"cursor": "A" * 2000},
        {"q": "canary4711\x00"},
        {"q": "canary4711\x1b"},
        {"q": "x" * 256},
        {"status": CANARY},
        {"status": ""},
        {"owner_id": CANARY},
        {"owner_id": "0"},
        {"created_from": CANARY},
        {"created_from": "2026-01-01"},
        {"created_from": "2026-01-01T00:00:00"},
        {"created_from": "2026-01-01T00:00Z"},
        {"created_from": "0.5"},
        {"created_from": "\u0662026-01-01T00:00:00Z"},
        {"created_from": "0001-01-01T00:00:00+14:00"},
        {"created_to": "9999-12-31T23:59:59-14:00"},
        {"created_to": "10000-01-01T00:00:00Z"},
        {"updated_from": "2026-02-30T00:00:00Z"},
        {"updated_from": "9" * 400},
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
        {"unknown": "canary4711" * 1000},
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
        {"q": "_"},
        {"q": "\\"},
        {"q": "'; DROP TABLE items; --"},
        {"q": "& | ! ( ) <-> :* *"},
        {"q": "a:b & !c"},
        {"q": "'"},
        {"q": "x" * 255},
        {"q": "\U0001d518\U0001d52b \ufdfa \U0001f4a3"},
        {"created_from": "0001-01-01T00:00:00Z", "created_to": "9999-12-31T23:59:59Z"},
        {"attributes": '{"a": {"b": [1, 2.5, null, true, "%"]}}'},
        {"attributes": "{}"},
        {"skip": "2147483647"},
        {"limit": "500"},
    ],
    ids=shortly,
)
async def test_a_list_of_items_takes_strange_but_sound_parameters(
    client: Client, params: Mapping[str, str]
) -> None:
    member = await as_member(client)
    assert (await member.get("/items", params=params)).status == 200


@pytest.mark.parametrize(
    "params",
    [{"q": "%00"}, {"role": "\x00"}, {"role": "x" * 51}, {"is_active": "perhaps"}],
    ids=shortly,
)
async def test_a_list_of_accounts_refuses_bad_parameters(
    client: Client, params: Mapping[str, str]
) -> None:
    superuser = await as_superuser(client)
    answer = await superuser.get("/users", params=params)
    if params == {"q": "%00"}:
        # Three ordinary characters once they are decoded.
        assert answer.each("id") == []
    else:
        refused(answer, "validation_error")


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ED%A0%80", "q=%FF%FE", "limit=%00", "sort=%0A", "cursor=%C0%80"]
)
async def test_odd_bytes_in_the_query_are_no_bug(client: Client, query: str) -> None:
    member = await as_member(client)
    answer = await member.get(f"/items?{query}")
    assert answer.status in {200, 400}


async def test_a_cursor_that_was_tampered_with_is_refused(client: Client) -> None:
    member = await as_member(client)
    for title in ("a", "b", "c"):
        await member.post("/items", json={"title": title})
    cursor = (await member.get("/items", params={"limit": 1})).text("next_cursor")
    for at in range(0, len(cursor), 7):
        other = "A" if cursor[at] != "A" else "B"
        tampered = cursor[:at] + other + cursor[at + 1 :]
        refused(await member.get("/items", params={"cursor": tampered}), "validation_error")
    refused(await member.get("/items", params={"cursor": cursor[:-4]}), "validation_error")
    refused(await member.get("/items", params={"cursor": cursor + "AAAA"}), "validation_error")
    refused(await member.get("/auth/sessions", params={"cursor": cursor}), "validation_error")


@pytest.mark.parametrize(
    "path",
    [
        f"/items/{CANARY}",
        "/items/0",
        "/items/%00",
        "/items/%F0%9F%92%A3",
        f"/items/{SOME_ID}x",
        f"/items/{SOME_ID}%00",
        f"/users/{CANARY}",
        "/users/..%2Fitems",
        "/users/%00",
        f"/users/{SOME_ID[:-1]}",
    ],
)
async def test_an_id_that_is_no_uuid_does_not_validate(client: Client, path: str) -> None:
    superuser = await as_superuser(client)
    answer = await superuser.get(path)
    if answer.status == 404:
        assert answer.problem == (404, "not_found")
    else:
        refused(answer, "validation_error")


@pytest.mark.parametrize("name", ["%00", "%1B", "x" * 51, "%C2%85"])
async def test_a_role_name_in_the_path_refuses_control_characters(
    client: Client, name: str
) -> None:
    superuser = await as_superuser(client)
    refused(await superuser.get(f"/roles/{name}"), "validation_error")
