"""Strange headers, types, lengths and paths."""

from collections.abc import AsyncIterator

import pytest

from tests.http.callers import PASSWORD, as_member, as_superuser
from tests.http.client import ROOT, Client
from tests.http.hostile import CANARY, JSON, refused

KEYS = "/auth/api-keys"
A_KEY = b'{"name": "a", "permissions": ["users:read"]}'


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
@pytest.mark.parametrize("path", [KEYS, "/users"])
async def test_a_body_of_another_type_is_not_read(
    client: Client, path: str, content_type: str | None
) -> None:
    member = await as_member(client)
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await member.post(path, content=b'{"name": "canary4711"}', headers=headers)
    refused(answer, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
async def test_parameters_and_capitals_of_the_type_do_not_matter(
    client: Client, content_type: str
) -> None:
    member = await as_member(client)
    answer = await member.post(KEYS, content=A_KEY, headers={"Content-Type": content_type})
    assert answer.status == 201


async def test_an_oversized_body_is_refused_by_its_announced_length(client: Client) -> None:
    member = await as_member(client)

    pieces_read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal pieces_read
        pieces_read += 1
        yield b"{}"

    answer = await member.post(
        KEYS, content=body(), headers={**JSON, "Content-Length": str(2**20 + 1)}
    )
    refused(answer, "payload_too_large")
    assert pieces_read == 0


async def test_an_oversized_body_in_pieces_is_cut_off(client: Client) -> None:
    member = await as_member(client)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"name": "'
        while sent < 100 * 2**20:
            sent += 2**16
            yield b"x" * 2**16

    refused(await member.post(KEYS, content=endless(), headers=JSON), "payload_too_large")
    assert sent <= 2 * 2**20


async def test_a_body_as_large_as_it_may_be_is_read(client: Client) -> None:
    member = await as_member(client)
    body = A_KEY.ljust(2**20)
    assert (await member.post(KEYS, content=body, headers=JSON)).status == 201


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", " ", "9" * 40])
async def test_a_length_that_is_no_number_is_refused(client: Client, length: str) -> None:
    member = await as_member(client)
    headers = {**JSON, "Content-Length": length}
    answer = await member.post(KEYS, content=A_KEY, headers=headers)
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
    superuser = await as_superuser(client)
    await superuser.post("/roles", json={"name": "editor"})
    read = await superuser.get("/roles/editor", headers={"If-None-Match": tag})
    assert read.status == 200
    changes = {"description": "Edits"}
    changed = await superuser.patch("/roles/editor", json=changes, headers={"If-Match": tag})
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
    refused(await member.get(KEYS, headers={"Accept": accept}), "not_acceptable")


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
    assert (await member.get(KEYS, headers={"Accept": accept})).status == 200


async def test_a_query_without_end_is_answered(client: Client) -> None:
    member = await as_member(client)
    refused(await member.get(KEYS, params={"sort": "name," * 4_000}), "validation_error")
    refused(await member.get(f"{KEYS}?" + "limit=1&" * 3_000 + "limit=x"), "validation_error")
    refused(await member.get(KEYS, params={"sort": "name," * 8_000}), "headers_too_large")


@pytest.mark.parametrize(
    "path", ["//", "/users//", "/%2e%2e/users", "/users/%2e%2e", "/" + "x/" * 3000, "/USERS"]
)
async def test_strange_paths_lead_nowhere(client: Client, path: str) -> None:
    member = await as_member(client)
    assert (await member.get(path)).status in {400, 404}
