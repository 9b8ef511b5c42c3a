"""What a plain FastAPI application answers with 500, hangs on or leaks: here always a documented
refusal, which never repeats what was sent."""

from collections.abc import AsyncIterator, Mapping
from zlib import crc32

import pytest

from domain.text import Json
from tests.http.callers import PASSWORD, as_member, as_superuser
from tests.http.client import ROOT, Answer, Client

CANARY = "canary4711"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SOME_ID = "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"


def _shortly(value: object) -> str:
    """Legible ids of cases, and different ones."""
    text = ascii(value)
    return text if len(text) < 40 else f"{text[:30]}~{crc32(text.encode()):x}"


def refused(answer: Answer, *codes: str) -> None:
    """A documented refusal, as the client checks, and one that keeps the input to itself."""
    assert 400 <= answer.status < 500
    assert answer.problem[1] in codes
    assert CANARY.encode() not in answer.content


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
    ids=_shortly,
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
    ids=_shortly,
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
    ids=_shortly,
)
async def test_a_list_of_items_takes_strange_but_sound_parameters(
    client: Client, params: Mapping[str, str]
) -> None:
    member = await as_member(client)
    assert (await member.get("/items", params=params)).status == 200


@pytest.mark.parametrize(
    "params",
    [{"q": "%00"}, {"role": "\x00"}, {"role": "x" * 51}, {"is_active": "perhaps"}],
    ids=_shortly,
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


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "canary4711"},
        {"email": "canary4711@"},
        {"email": "canary4711@example"},
        {"email": "Ada <canary4711@example.com>"},
        {"email": "canary4711@example.com\r\nBcc: all@example.com"},
        {"email": "canary4711 @example.com"},
        {"email": "canary4711@example.com\r\n"},
        {"email": " canary4711@example.com"},
        {"email": "canary4711\x00@example.com"},
        {"email": "canary4711@exa\x00mple.com"},
        {"email": "canary4711@" + "x" * 250 + ".com"},
        {"email": "canary4711@[127.0.0.1]"},
        {"email": "canary4711@example..com"},
        {"email": "canary4711@-example.com"},
        {"email": "a@b@canary4711.com"},
        {"email": ""},
        {"email": None},
        {"email": 1},
        {"email": ["canary4711@example.com"]},
        {"password": "short"},
        {"password": "canary47"},
        {"password": "x" * 129},
        {"password": "correct horse battery\x00staple canary4711"},
        {"password": 12345678},
        {"password": None},
        {"password": "someone.1@example.com"},
        {"username": "ab"},
        {"username": "x" * 51},
        {"username": "canary4711 with spaces"},
        {"username": "canary4711\x00"},
        {"username": "canary4711/../x"},
        {"username": ""},
        {"username": 1},
        {"full_name": "canary4711\x00"},
        {"full_name": "canary4711\n"},
        {"full_name": "x" * 256},
        {"full_name": 1},
        {"is_active": 1},
        {"is_active": "true"},
        {"is_superuser": 0},
        {"is_superuser": "false"},
        {"roles": "member"},
        {"roles": [1]},
        {"roles": ["canary4711\x00"]},
        {"roles": ["member"] * 101},
        {"id": SOME_ID},
        {"permissions": ["users:read"]},
        {"password_hash": "canary4711"},
        {"email_verified": True},
    ],
    ids=_shortly,
)
async def test_signing_up_refuses_bad_fields(client: Client, changes: dict[str, Json]) -> None:
    body: dict[str, Json] = {"email": "someone.1@example.com", "password": PASSWORD}
    refused(await client.post("/users", json=body | changes), "validation_error")


@pytest.mark.parametrize(
    "password", [rb"correct horse battery \ud800", rb"\udfffcorrect horse battery"]
)
async def test_signing_up_refuses_half_characters_in_a_password(
    client: Client, password: bytes
) -> None:
    body = b'{"email": "someone@example.com", "password": "' + password + b'"}'
    refused(await client.post("/users", content=body, headers=JSON), "validation_error")


_BESIDE = {"/users/me/password": ["new_password"], "/users/me/email": ["new_email"]}


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/users/me/password", "current_password"),
        ("POST", "/users/me/email", "password"),
        ("DELETE", "/users/me", "password"),
        ("DELETE", "/auth/mfa/totp", "password"),
    ],
)
async def test_what_is_nobodys_password_is_not_compared(
    client: Client, method: str, path: str, field: str
) -> None:
    member = await as_member(client)
    body = {field: "canary4711\0", "new_password": PASSWORD, "new_email": "next@example.com"}
    sent = {name: body[name] for name in (field, *_BESIDE.get(path, ()))}
    refused(await member.request(method, path, json=sent), "validation_error")


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (b"username=canary4711%00&password=x", {"validation_error"}),
        (b"username=canary4711&password=x%00", {"validation_error"}),
        (b"username=canary4711&password=%ED%A0%80", {"validation_error"}),
        (b"username=%FF%FEcanary4711&password=x", {"validation_error"}),
        (b"username=\xff\xfecanary4711&password=x", {"validation_error"}),
        (b"username=canary4711&password=x&password=y", {"validation_error"}),
        (b"username=canary4711\xc3\xa9&password=p\xc3\xa4ss+w%C3%B6rd", {"invalid_credentials"}),
        (b"username=canary4711@%00&password=x", {"validation_error"}),
        (b"username=" + b"canary4711" * 33 + b"&password=x", {"validation_error"}),
        (b"username=canary4711&password=" + b"x" * 1025, {"validation_error"}),
        (b"username=canary4711&password=" + b"x" * 1000, {"invalid_credentials"}),
        (b"username=canary4711", {"validation_error"}),
        (b"password=canary4711", {"validation_error"}),
        (b"", {"validation_error"}),
        (b"&&&===&", {"validation_error"}),
        (b"username=a&password=b&grant_type=canary4711", {"validation_error"}),
        (b"username=a&password=b&canary=1", {"validation_error"}),
        (b"username=a%0Ab&password=b", {"validation_error"}),
        (b"username=" + SOME_ID.encode() + b"&password=b", {"invalid_credentials"}),
        (b"username=@&password=b", {"invalid_credentials"}),
        (b"username=%F0%9F%92%A3@%F0%9F%92%A3.com&password=b", {"invalid_credentials"}),
        (b"a=1&" * 3000, {"validation_error"}),
    ],
    ids=_shortly,
)
async def test_signing_in_takes_any_form_for_what_it_is(
    client: Client, body: bytes, codes: set[str]
) -> None:
    refused(await client.post("/auth/login", content=body, headers=FORM), *codes)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b'{"refresh_token": "canary4711"}', JSON, "invalid_credentials"),
        (rb'{"refresh_token": "canary4711\u0000"}', JSON, "validation_error"),
        (rb'{"refresh_token": "canary4711\ud800"}', JSON, "validation_error"),
        (b'{"refresh_token": ""}', JSON, "validation_error"),
        (b'{"refresh_token": 1}', JSON, "validation_error"),
        (b'{"refresh_token": "a", "refresh_token": "b"}', JSON, "malformed_json"),
        (b'{"refresh_token": "' + b"x" * 513 + b'"}', JSON, "validation_error"),
        (b'["canary4711"]', JSON, "validation_error"),
        (b"null", JSON, "validation_error"),
        (b"", JSON, "malformed_json"),
        (b"refresh_token=canary4711&grant_type=refresh_token", FORM, "invalid_credentials"),
        (b"refresh_token=canary4711&grant_type=password", FORM, "validation_error"),
        (b"refresh_token=%00", FORM, "validation_error"),
        (b"refresh_token=%FF", FORM, "validation_error"),
        (b"refresh_token=a&refresh_token=b", FORM, "validation_error"),
        (b"", FORM, "validation_error"),
        (b"refresh_token=canary4711", {}, "unsupported_media_type"),
        (b"", {}, "unsupported_media_type"),
        (b"<canary4711/>", {"Content-Type": "text/xml"}, "unsupported_media_type"),
        (
            b'--x\r\nContent-Disposition: form-data; name="refresh_token"\r\n\r\na\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            "unsupported_media_type",
        ),
    ],
    ids=_shortly,
)
async def test_refreshing_takes_any_body_for_what_it_is(
    client: Client, body: bytes, headers: Mapping[str, str], code: str
) -> None:
    refused(await client.post("/auth/refresh", content=body, headers=headers), code)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/jsonx",
        "json",
        "\u00ff",
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/items"), ("POST", "/users")])
async def test_a_body_of_another_type_is_not_read(
    client: Client, method: str, path: str, content_type: str | None
) -> None:
    member = await as_member(client)
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await member.request(method, path, content=b'{"title": "canary4711"}', headers=headers)
    refused(answer, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
async def test_parameters_and_capitals_of_the_type_do_not_matter(
    client: Client, content_type: str
) -> None:
    member = await as_member(client)
    answer = await member.post(
        "/items", content=b'{"title": "a"}', headers={"Content-Type": content_type}
    )
    assert answer.status == 201


async def test_an_oversized_body_is_refused_by_its_announced_length(client: Client) -> None:
    member = await as_member(client)

    pieces_read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal pieces_read
        pieces_read += 1
        yield b"{}"

    answer = await member.post(
        "/items", content=body(), headers={**JSON, "Content-Length": str(2**20 + 1)}
    )
    refused(answer, "payload_too_large")
    assert pieces_read == 0


async def test_an_oversized_body_in_pieces_is_cut_off(client: Client) -> None:
    member = await as_member(client)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"title": "'
        while sent < 100 * 2**20:
            sent += 2**16
            yield b"x" * 2**16

    refused(await member.post("/items", content=endless(), headers=JSON), "payload_too_large")
    assert sent <= 2 * 2**20


async def test_a_body_as_large_as_it_may_be_is_read(client: Client) -> None:
    member = await as_member(client)
    body = b'{"title": "a"}'.ljust(2**20)
    assert (await member.post("/items", content=body, headers=JSON)).status == 201


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", " ", "9" * 40])
async def test_a_length_that_is_no_number_is_refused(client: Client, length: str) -> None:
    member = await as_member(client)
    headers = {**JSON, "Content-Length": length}
    answer = await member.post("/items", content=b'{"title": "a"}', headers=headers)
    assert answer.problem == (413, "payload_too_large")


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Basic Og==",
        "Bearer canary4711",
        "Bearer " + "x" * 9000,
        "Bearer \u00ff",
        "Bearer a.b.c",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer eyJhbGciOiJub25lIn0.e30.AAAA",
        "Token canary4711",
        "canary4711",
        "",
    ],
)
async def test_junk_in_the_authorization_header_is_not_authenticated(
    client: Client, authorization: str
) -> None:
    headers = {"Authorization": authorization}
    refused(await client.get("/users/me", headers=headers), "not_authenticated")
    body = {"email": "someone@example.com", "password": PASSWORD}
    refused(await client.post("/users", json=body, headers=headers), "not_authenticated")


@pytest.mark.parametrize(
    "request_id",
    ["", " ", "a b", "a\x1b[2J", 'a"b', "x" * 129, "\u00e9", "{jndi:ldap}", "a\tb", "../.."],
)
async def test_a_strange_request_id_is_replaced(client: Client, request_id: str) -> None:
    answer = await client.get(f"{ROOT}/health", headers={"X-Request-ID": request_id})
    assert answer.headers["x-request-id"] != request_id


@pytest.mark.parametrize("request_id", ["a", "x" * 128, "0c9d.A_b~-1"])
async def test_a_sane_request_id_is_kept(client: Client, request_id: str) -> None:
    answer = await client.get("/users/me", headers={"X-Request-ID": request_id})
    assert answer["request_id"] == request_id


@pytest.mark.parametrize(
    "tag", ["", "*, *", '"', '"1', "W/", '"' + "9" * 400 + '"', '"-1"', '"1-\u00ff"', "canary4711"]
)
async def test_strange_entity_tags_match_nothing(client: Client, tag: str) -> None:
    member = await as_member(client)
    path = f"/items/{(await member.post('/items', json={'title': 'a'}))['id']}"
    assert (await member.get(path, headers={"If-None-Match": tag})).status == 200
    changed = await member.patch(path, json={"title": "b"}, headers={"If-Match": tag})
    refused(changed, "version_mismatch")


async def test_the_name_of_an_unknown_role_is_not_repeated(client: Client) -> None:
    superuser = await as_superuser(client)
    answer = await superuser.put(f"{superuser.path}/roles", json={"roles": [CANARY]})
    refused(answer, "role_not_found")


@pytest.mark.parametrize("accept", ["text/html", "image/png", "text/*", "canary4711"])
async def test_json_is_not_forced_on_those_who_take_other_types(
    client: Client, accept: str
) -> None:
    member = await as_member(client)
    refused(await member.get("/items", headers={"Accept": accept}), "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "",
        "application/*",
        "Application/JSON",
        "application/json;q=0.1, text/html",
        "text/html, */*;q=0.8",
    ],
)
async def test_json_is_given_to_those_who_take_it(client: Client, accept: str) -> None:
    member = await as_member(client)
    assert (await member.get("/items", headers={"Accept": accept})).status == 200


async def test_a_query_without_end_is_answered(client: Client) -> None:
    member = await as_member(client)
    refused(await member.get("/items", params={"sort": "title," * 4_000}), "validation_error")
    refused(await member.get("/items?" + "limit=1&" * 3_000 + "limit=x"), "validation_error")
    refused(await member.get("/items", params={"sort": "title," * 8_000}), "headers_too_large")


@pytest.mark.parametrize(
    "path", ["//", "/items//", "/%2e%2e/items", "/items/%2e%2e", "/" + "x/" * 3000, "/ITEMS"]
)
async def test_strange_paths_lead_nowhere(client: Client, path: str) -> None:
    member = await as_member(client)
    assert (await member.get(path)).status in {400, 404}
