"""Files that are attached to items, over HTTP."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.attachments import MULTIPART, TEXT, a_form, a_long_form, attach
from tests.http.callers import Caller, as_member
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.fixture
async def ann(client: Client) -> Caller:
    return await as_member(client)


@pytest.fixture
async def lamp(ann: Caller) -> str:
    return (await ann.post("/items", json={"title": "Lamp"})).text("id")


def kept_in(directory: Path) -> list[Path]:
    return [each for each in directory.rglob("*") if each.is_file()]


def path_of(lamp: str, attachment: Answer) -> str:
    return f"/items/{lamp}/attachments/{attachment['id']}"


async def test_a_file_comes_back_as_it_was(ann: Caller, lamp: str) -> None:
    made = await attach(ann, lamp, PNG, filename="Été.png", content_type="image/png")

    assert made.status == 201
    assert made.headers["location"] == f"/api/v1{path_of(lamp, made)}"
    digest = hashlib.sha256(PNG).hexdigest()
    assert {name: made[name] for name in ("filename", "content_type", "size", "sha256")} == {
        "filename": "Été.png",
        "content_type": "image/png",
        "size": len(PNG),
        "sha256": digest,
    }
    loaded = await ann.get(path_of(lamp, made))
    assert (loaded.status, loaded.content) == (200, PNG)
    assert loaded.headers["content-type"] == "image/png"
    assert loaded.headers["content-length"] == str(len(PNG))
    assert loaded.headers["etag"] == f'"{digest}"'
    assert loaded.headers["accept-ranges"] == "bytes"
    assert (await ann.get(f"/items/{lamp}/attachments")).items == [made.body]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<script>alert(1)</script>", "text/html"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml"),
        (b"alert(1)", "text/javascript"),
        (b"event: x\n\n", "text/event-stream"),
        (b"<?xml version='1.0'?>", "application/xml"),
    ],
)
async def test_what_a_browser_would_run_is_only_saved(
    ann: Caller, lamp: str, content: bytes, content_type: str
) -> None:
    made = await attach(ann, lamp, content, filename="é.html", content_type=content_type)

    loaded = await ann.get(path_of(lamp, made))

    assert loaded.content == content
    assert loaded.headers["content-disposition"] == (
        "attachment; filename=\"_.html\"; filename*=UTF-8''%C3%A9.html"
    )
    assert loaded.headers["x-content-type-options"] == "nosniff"
    policy = "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert loaded.headers["content-security-policy"] == policy


@pytest.mark.parametrize(
    "filename",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "..\\..\\boot.ini",
        "a%2F..%2Fb",
        "%00",
        "..",
        "x" * 900,
    ],
)
async def test_no_name_leads_anywhere(
    ann: Caller, lamp: str, filename: str, settings: Settings
) -> None:
    made = await attach(ann, lamp, filename=filename)

    assert made.status == 201
    assert not {"/", "\\", "\0"} & set(made.text("filename"))
    assert (await ann.get(path_of(lamp, made))).content == TEXT
    kept = kept_in(settings.data_dir)
    assert made["id"] in {each.name for each in kept}
    assert {str(UUID(each.name)) for each in kept} == {each.name for each in kept}


@pytest.mark.parametrize(
    ("header", "expected", "span"),
    [
        ("bytes=0-0", PNG[:1], "0-0"),
        ("bytes=5-9", PNG[5:10], "5-9"),
        ("bytes=1000-", PNG[1000:], f"1000-{len(PNG) - 1}"),
        ("bytes=1000-99999", PNG[1000:], f"1000-{len(PNG) - 1}"),
        ("bytes=-7", PNG[-7:], f"{len(PNG) - 7}-{len(PNG) - 1}"),
        ("bytes=-99999", PNG, f"0-{len(PNG) - 1}"),
        ("Bytes=2-3", PNG[2:4], "2-3"),
    ],
)
async def test_a_range_is_answered_alone(
    ann: Caller, lamp: str, header: str, expected: bytes, span: str
) -> None:
    made = await attach(ann, lamp, PNG, content_type="image/png")

    part = await ann.get(path_of(lamp, made), headers={"Range": header})

    assert (part.status, part.content) == (206, expected)
    assert part.headers["content-range"] == f"bytes {span}/{len(PNG)}"
    assert part.headers["content-length"] == str(len(expected))


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "items=0-1", "bytes=0-1, -5"])
async def test_several_ranges_and_those_of_something_else_are_answered_by_all(
    ann: Caller, lamp: str, header: str
) -> None:
    made = await attach(ann, lamp, PNG, content_type="image/png")

    whole = await ann.get(path_of(lamp, made), headers={"Range": header})

    assert (whole.status, whole.content) == (200, PNG)


@pytest.mark.parametrize(
    "header",
    ["bytes=99999-", "bytes=5-4", "bytes=-0", "bytes=-", "bytes=a-b", "bytes", "bytes=1-2-3"],
)
async def test_there_is_no_such_range(ann: Caller, lamp: str, header: str) -> None:
    made = await attach(ann, lamp, PNG, content_type="image/png")

    refused = await ann.get(path_of(lamp, made), headers={"Range": header})

    assert refused.problem == (416, "range_not_satisfiable")
    assert refused.headers["content-range"] == f"bytes */{len(PNG)}"


async def test_an_empty_file_has_no_range(ann: Caller, lamp: str) -> None:
    made = await attach(ann, lamp, b"")

    assert (await ann.get(path_of(lamp, made))).content == b""
    refused = await ann.get(path_of(lamp, made), headers={"Range": "bytes=0-"})
    assert refused.problem == (416, "range_not_satisfiable")


async def test_a_range_goes_on_only_with_what_the_caller_has_begun(ann: Caller, lamp: str) -> None:
    made = await attach(ann, lamp, PNG, content_type="image/png")
    etag = f'"{made["sha256"]}"'
    for if_range, status in ((etag, 206), (f"W/{etag}", 200), ('"other"', 200), ("junk", 200)):
        headers = {"Range": "bytes=5-9", "If-Range": if_range}
        assert (await ann.get(path_of(lamp, made), headers=headers)).status == status


async def test_what_the_caller_has_already_is_not_sent_again(ann: Caller, lamp: str) -> None:
    made = await attach(ann, lamp)
    for headers in ({}, {"Range": "bytes=0-1"}):
        known = {"If-None-Match": f'"other", W/"{made["sha256"]}"', **headers}
        for method in ("GET", "HEAD"):
            answer = await ann.request(method, path_of(lamp, made), headers=known)
            assert (answer.status, answer.content) == (304, b"")
            assert answer.headers["etag"] == f'"{made["sha256"]}"'


async def test_a_file_of_another_type_than_is_wanted_is_not_sent(ann: Caller, lamp: str) -> None:
    made = await attach(ann, lamp, PNG, content_type="image/png")
    for accept, status in (("image/*", 200), ("image/webp,*/*;q=0.8", 200), ("text/html", 406)):
        answer = await ann.get(path_of(lamp, made), headers={"Accept": accept})
        assert answer.status == status


async def test_attachments_are_paged_and_sorted(ann: Caller, lamp: str) -> None:
    for size in (3, 1, 2):
        await attach(ann, lamp, b"x" * size, filename=f"{size}.txt")
    path = f"/items/{lamp}/attachments"

    first = await ann.get(path, params={"sort": "-size", "limit": 2})
    rest = await ann.get(path, params={"cursor": first.text("next_cursor"), "limit": 2})

    assert (first.each("size"), first["total"], rest.each("size")) == ([3, 2], 3, [1])
    assert (await ann.get(path)).each("filename") == ["3.txt", "1.txt", "2.txt"]
    refused = await ann.get(path, params={"sort": "sha256"})
    assert refused.faults == {("sort", "invalid_sort")}


async def test_deleting_is_for_good(ann: Caller, lamp: str) -> None:
    made = await attach(ann, lamp)

    assert (await ann.delete(path_of(lamp, made))).status == 204

    assert (await ann.get(path_of(lamp, made))).problem == (404, "attachment_not_found")
    assert (await ann.delete(path_of(lamp, made))).problem == (404, "attachment_not_found")
    assert (await ann.get(f"/items/{lamp}/attachments")).items == []


async def test_a_deleted_item_takes_its_attachments_along_and_brings_them_back(
    ann: Caller, lamp: str
) -> None:
    made = await attach(ann, lamp)
    await ann.delete(f"/items/{lamp}")
    for answer in (await ann.get(path_of(lamp, made)), await attach(ann, lamp)):
        assert answer.problem == (404, "item_not_found")

    await ann.post(f"/items/{lamp}/restore")

    assert (await ann.get(path_of(lamp, made))).content == TEXT


async def test_anothers_attachment_answers_like_none(
    client: Client, ann: Caller, lamp: str
) -> None:
    made = await attach(ann, lamp)
    bob = await as_member(client)
    unknown = str(UUID(int=7))
    for path in (path_of(lamp, made), f"/items/{lamp}/attachments/{unknown}"):
        for method in ("GET", "DELETE"):
            theirs = await bob.request(method, path)
            nobodys = await bob.request(method, path.replace(lamp, unknown))
            assert theirs.problem == (404, "item_not_found")
            assert theirs.alike == nobodys.alike
    assert (await attach(bob, lamp)).alike == (await attach(bob, unknown)).alike


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (a_form(field="other"), (400, "validation_error")),
        (a_form() + a_form(), (201, "")),
        (a_form()[:-10], (400, "validation_error")),
        (b"", (400, "validation_error")),
        (a_form(PNG), (400, "content_type_mismatch")),
        (a_form(content_type="image/png"), (400, "content_type_mismatch")),
    ],
)
async def test_only_a_form_with_a_file_that_is_what_it_says_is_taken(
    ann: Caller, lamp: str, content: bytes, problem: tuple[int, str]
) -> None:
    path = f"/items/{lamp}/attachments"

    answer = await ann.post(path, content=content, headers=MULTIPART)

    assert answer.problem == problem
    assert len((await ann.get(path)).items) == (problem == (201, ""))


async def test_a_repeated_upload_is_one_upload(ann: Caller, lamp: str) -> None:
    large = b"x" * (2 * 1024 * 1024)
    key = {"Idempotency-Key": "upload-1"}
    first = await attach(ann, lamp, large, headers=key)
    again = await attach(ann, lamp, large, headers=key)
    other = await attach(ann, lamp, TEXT, headers=key)

    assert (first.status, again.status, other.status) == (201, 201, 422)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.body == first.body
    assert (await ann.get(f"/items/{lamp}/attachments"))["total"] == 1


@pytest.fixture
async def small(
    settings: Settings, database_url: str, contract: Contract, tmp_path: Path
) -> AsyncIterator[Client]:
    """Takes files of 100 000 bytes, and twice as much of each owner."""
    few = {"upload_max_bytes": 100_000, "storage_quota_bytes": 200_000, "data_dir": tmp_path}
    app = create_app(settings.model_copy(update=few), database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        yield Client(http=http, contract=contract, inside=app.state.inside)


async def test_a_file_that_is_too_large_is_given_up_on_the_way(
    small: Client, tmp_path: Path
) -> None:
    ann = await as_member(small)
    item = await ann.post("/items", json={"title": "Lamp"})
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 10_000
            yield b"x" * 10_000

    refused = await ann.post(
        f"/items/{item['id']}/attachments", content=a_long_form(endless()), headers=MULTIPART
    )

    assert refused.problem == (413, "file_too_large")
    assert sent < 200_000
    said = await ann.post(
        f"/items/{item['id']}/attachments",
        content=a_form(),
        headers={**MULTIPART, "Content-Length": "9999999"},
    )
    assert said.problem == (413, "payload_too_large")
    assert kept_in(tmp_path) == []


async def test_many_at_once_never_pass_the_quota(small: Client, tmp_path: Path) -> None:
    ann = await as_member(small)
    item = await ann.post("/items", json={"title": "Lamp"})

    answers = await asyncio.gather(
        *(attach(ann, item["id"], bytes([number]) * 60_000) for number in range(12))
    )

    problems = sorted(answer.problem for answer in answers)
    assert problems == [(201, "")] * 3 + [(409, "storage_quota_exceeded")] * 9
    assert len(kept_in(tmp_path)) == 3
