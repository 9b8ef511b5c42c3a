"""Under an `Idempotency-Key` items are brought in once, and files are attached once."""

import pytest

from tests.http.attachments import BOUNDARY, a_form
from tests.http.callers import Caller, as_member
from tests.http.client import Client
from tests.http.own_items import made, path_of

KEY = {"Idempotency-Key": "8e03978e-1"}


@pytest.fixture
async def owner(client: Client) -> Caller:
    return await as_member(client)


async def test_a_long_file_is_brought_in_once(owner: Caller) -> None:
    file = b"title\n" + b"Lamp of brass, from 1930\n".replace(b",", b"") * 50_000
    assert len(file) > 2**20
    sent = {**KEY, "Content-Type": "text/csv"}
    first = await owner.post("/items/import", content=file, headers=sent)
    again = await owner.post("/items/import", content=file, headers=sent)
    assert (first.status, first["imported"]) == (201, 50_000)
    assert (again.status, again.body) == (first.status, first.body)
    other = await owner.post("/items/import", content=file + b"Lantern\n", headers=sent)
    assert other.problem == (422, "idempotency_key_reused")
    assert (await owner.get("/items"))["total"] == 50_000


def by_another(boundary: str, content: bytes) -> bytes:
    return a_form(content).replace(BOUNDARY.encode(), boundary.encode())


async def test_a_file_in_a_form_is_the_same_whatever_its_boundary(owner: Caller) -> None:
    for boundary in ("one", "two"):
        sent = {**KEY, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = await owner.post(
            "/items/import?format=csv", content=by_another(boundary, b"title\nLamp"), headers=sent
        )
        assert answer.status == 201
    assert (await owner.get("/items"))["total"] == 1


async def test_a_long_attachment_is_kept_once(owner: Caller) -> None:
    path = f"{path_of(await made(owner))}/attachments"
    answers = [
        await owner.post(
            path,
            content=by_another(boundary, b"brass " * 400_000),
            headers={**KEY, "Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        for boundary in ("one", "two")
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    assert (await owner.get(path))["total"] == 1


async def test_a_refused_file_can_be_mended_under_the_same_key(owner: Caller) -> None:
    sent = {**KEY, "Content-Type": "text/csv"}
    refused = await owner.post("/items/import", content=b'title\nLamp\n""\n', headers=sent)
    assert refused.problem == (400, "import_rejected")
    assert (await owner.post("/items/import", content=b"title\nLamp\n", headers=sent)).status == 201
