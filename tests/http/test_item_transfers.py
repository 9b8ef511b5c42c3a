"""Items taken along and brought in by the file."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from application.transfers import Transfers
from domain.access import Permission
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.callers import Caller, as_admin, as_holder_of, as_member
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract, as_list, as_object

CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}
FORM = {"Content-Type": "multipart/form-data; boundary=edge"}
HOSTILE = '=HYPERLINK("http://evil.example")'


@pytest.fixture
async def owner(client: Client) -> Caller:
    return await as_member(client)


def a_form(content: bytes, filename: str, kind: str = "application/octet-stream") -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    return f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n--edge--\r\n"


async def titles(caller: Caller) -> list[object]:
    return [*(await caller.get("/items", params={"sort": "title"})).each("title")]


def lines(answer: Answer) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.content.splitlines()]


async def test_an_export_is_what_the_list_shows(owner: Caller) -> None:
    for number in range(3):
        await owner.post("/items", json={"title": f"Lamp {number}", "attributes": {"n": number}})
    page = await owner.get("/items", params={"sort": "created_at"})
    answer = await owner.get("/items/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="items.ndjson"'
    assert lines(answer) == [dict(item) for item in page.items]


async def test_a_spreadsheet_runs_nothing_of_an_export(owner: Caller) -> None:
    sent = [HOSTILE, "+1", "-1", "@a", "'=1", 'Lamp, "brass"\n']
    for text in sent:
        await owner.post("/items", json={"title": "=a", "description": text})
    answer = await owner.get("/items/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    assert header[:4] == ["id", "owner_id", "title", "description"]
    for row, text in zip(rows, sent, strict=True):
        assert row[2] == "'=a"
        assert row[3] == (text if text.startswith("Lamp") else f"'{text}")


@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
async def test_what_was_exported_comes_in_again_as_it_was(
    client: Client, owner: Caller, file_format: str
) -> None:
    for text in (HOSTILE, "'=1", "two\nlines", None, "Été 照明"):
        item = {"title": "=a", "description": text, "status": "active", "attributes": {"a": [1]}}
        await owner.post("/items", json=item)
    exported = await owner.get("/items/export", params={"format": file_format})
    other = await as_member(client)
    sent = a_form(exported.content, f"items.{file_format}")
    answer = await other.post("/items/import", content=sent, headers=FORM)
    assert (answer.status, answer.body) == (201, {"imported": 5, "rejected": 0, "errors": []})
    kept = ("title", "description", "status", "attributes")
    theirs = lines(await other.get("/items/export"))
    assert [[each[name] for name in kept] for each in theirs] == [
        [each[name] for name in kept] for each in lines(await owner.get("/items/export"))
    ]
    assert {each["owner_id"] for each in theirs} == {other.user_id}


async def test_an_export_has_the_filters_of_the_list(owner: Caller) -> None:
    for status in ("draft", "active"):
        await owner.post("/items", json={"title": f"A {status} lamp", "status": status})
    for params in ({"status": "active"}, {"q": "act"}, {"created_from": "2100-01-01T00:00:00Z"}):
        shown = (await owner.get("/items", params=params)).each("id")
        exported = lines(await owner.get("/items/export", params=params))
        assert [each["id"] for each in exported] == shown
    for params in ({"limit": "1"}, {"status": "lost"}, {"format": "xml"}):
        answer = await owner.get("/items/export", params=params)
        assert answer.problem == (400, "validation_error")


async def test_what_a_caller_may_not_see_is_not_exported(client: Client, owner: Caller) -> None:
    stranger = await as_member(client)
    await owner.post("/items", json={"title": "Lamp"})
    assert (await stranger.get("/items/export")).content == b""
    assert (await stranger.get(f"/items/export?owner_id={owner.user_id}")).content == b""
    assert len(lines(await (await as_admin(client)).get("/items/export"))) == 1
    assert (await owner.get("/items/export?deleted=true")).problem == (403, "permission_denied")


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"title,status\r\nDesk,active\r\nLamp,\r\n", CSV),
        (b'{"title": "Desk", "status": "active"}\n{"title": "Lamp"}', NDJSON),
        (a_form(b"title\nDesk\nLamp\n", "items.csv"), FORM),
        (a_form(b"title\nDesk\nLamp\n", "items", "text/csv"), FORM),
        (a_form(b'{"title": "Desk"}\n{"title": "Lamp"}', "items.jsonl"), FORM),
    ],
)
async def test_a_file_comes_in_by_itself_or_by_a_form(
    owner: Caller, content: bytes, headers: dict[str, str]
) -> None:
    answer = await owner.post("/items/import", content=content, headers=headers)
    assert (answer.status, answer.body) == (201, {"imported": 2, "rejected": 0, "errors": []})
    assert await titles(owner) == ["Desk", "Lamp"]


async def test_the_format_may_be_said_where_nothing_else_tells_it(owner: Caller) -> None:
    content = a_form(b'{"title": "Lamp"}', "items")
    answer = await owner.post("/items/import", content=content, headers=FORM)
    assert answer.problem == (415, "unsupported_media_type")
    answer = await owner.post("/items/import?format=ndjson", content=content, headers=FORM)
    assert answer.status == 201


def faults_of(answer: Answer) -> list[tuple[object, object, object]]:
    faults = map(as_object, as_list(answer["errors"]))
    return [(each["line"], each["field"], each["code"]) for each in faults]


BAD = b"title,status\nLamp,\n,active\n\nDesk,lost\nChair\n"
FAULTS = [(3, "title", "missing"), (5, "status", "unknown_status"), (6, "", "wrong_cell_count")]


async def test_one_bad_row_and_nothing_is_stored(owner: Caller) -> None:
    answer = await owner.post("/items/import", content=BAD, headers=CSV)
    assert answer.problem == (400, "import_rejected")
    assert (answer["imported"], answer["rejected"]) == (0, 3)
    assert faults_of(answer) == FAULTS
    assert "lost" not in answer.content.decode()
    assert await titles(owner) == []


async def test_bad_rows_are_skipped_where_that_is_asked_for(owner: Caller) -> None:
    answer = await owner.post("/items/import?on_error=skip", content=BAD, headers=CSV)
    assert answer.status == 201
    assert (answer["imported"], answer["rejected"]) == (1, 3)
    assert faults_of(answer) == FAULTS
    assert await titles(owner) == ["Lamp"]


async def test_not_every_bad_row_is_named_but_all_are_counted(owner: Caller) -> None:
    content = b"title,status\n" + b",x\n" * 1500
    answer = await owner.post("/items/import", content=content, headers=CSV)
    assert answer.problem == (400, "import_rejected")
    assert answer["rejected"] == 1500
    assert len(faults_of(answer)) == 1000


async def test_a_broken_off_form_stores_nothing(owner: Caller) -> None:
    content = a_form(b"title\nLamp\n", "items.csv").removesuffix(b"--\r\n")
    answer = await owner.post("/items/import", content=content, headers=FORM)
    assert answer.problem == (400, "validation_error")
    assert await titles(owner) == []


async def test_an_import_may_be_larger_than_other_bodies(owner: Caller) -> None:
    row = json.dumps({"title": "Lamp", "description": "x" * 9000}).encode() + b"\n"

    async def content() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield row

    answer = await owner.request("POST", "/items/import", content=content(), headers=NDJSON)
    assert answer["imported"] == 300


async def test_without_the_permission_not_a_byte_is_read(client: Client) -> None:
    nobody = await as_holder_of(client, Permission.ITEMS_READ)

    pieces_read = 0

    async def content() -> AsyncIterator[bytes]:
        nonlocal pieces_read
        pieces_read += 1
        yield b"title\nLamp\n"

    answer = await nobody.request("POST", "/items/import", content=content(), headers=CSV)
    assert answer.problem == (403, "permission_denied")
    assert pieces_read == 0


async def test_no_more_than_some_run_at_once(client: Client, owner: Caller) -> None:
    transfers = client.inside.services[Transfers]
    for _ in range(3):
        # Whatever became of them, those before have made room again.
        await owner.post("/items/import", content=BAD, headers=CSV)
        await owner.get("/items/export")
    with transfers.one_more(), transfers.one_more(), transfers.one_more():
        assert (await owner.get("/items/export")).status == 200
        with transfers.one_more():
            for answer in (
                await owner.get("/items/export"),
                await owner.post("/items/import", content=b"title\n", headers=CSV),
            ):
                assert answer.problem == (503, "unavailable")
                assert answer.headers["retry-after"] == "5"


@pytest.fixture
async def small(
    settings: Settings, database_url: str, contract: Contract
) -> AsyncIterator[tuple[FastAPI, Client]]:
    limits = {"import_max_bytes": 2048, "transfer_timeout": 0.3}
    app = create_app(settings.model_copy(update=limits), database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        yield app, Client(http=http, contract=contract, inside=app.state.inside)


async def test_an_import_has_limits_of_its_own(
    client: Client, small: tuple[FastAPI, Client]
) -> None:
    owner = await as_member(small[1])

    async def too_much() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 1000

    answer = await owner.request("POST", "/items/import", content=too_much(), headers=CSV)
    assert answer.problem == (413, "payload_too_large")

    async def too_slow() -> AsyncIterator[bytes]:
        yield b"title\n"
        await asyncio.Event().wait()

    answer = await owner.request("POST", "/items/import", content=too_slow(), headers=CSV)
    assert answer.problem == (408, "request_timeout")
