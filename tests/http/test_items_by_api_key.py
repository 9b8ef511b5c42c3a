"""What a program may do with items over HTTP."""

from collections.abc import Mapping

import pytest

from domain.access import Permission
from domain.text import Json
from tests.http.callers import Caller, as_member, with_api_key
from tests.http.client import Client

LAMP: Mapping[str, Json] = {"title": "Lamp"}


@pytest.fixture
async def member(client: Client) -> Caller:
    return await as_member(client)


async def test_a_program_does_what_it_is_scoped_to_and_no_more(member: Caller) -> None:
    """To its owner's own things too."""
    item = await member.post("/items", json=LAMP)
    path = f"/items/{item['id']}"
    creates = await with_api_key(member, Permission.ITEMS_CREATE)
    assert (await creates.post("/items", json=LAMP)).status == 201
    assert (await creates.get("/items")).problem == (403, "permission_denied")
    assert (await creates.get(path)).problem == (404, "item_not_found")
    reads = await with_api_key(member, Permission.ITEMS_READ)
    assert (await reads.get("/items")).each("owner_id") == [member.user_id] * 2
    assert (await reads.get(path)).body == item.body
    for method in ("PATCH", "DELETE"):
        body = LAMP if method == "PATCH" else None
        answer = await reads.request(method, path, json=body)
        assert answer.problem == (403, "permission_denied")
    assert (await reads.post("/items", json=LAMP)).problem == (403, "permission_denied")
    updates = await with_api_key(member, Permission.ITEMS_UPDATE)
    assert (await updates.patch(path, json={"title": "Lantern"})).status == 200
    assert (await updates.delete(path)).problem == (404, "item_not_found")
    deletes = await with_api_key(member, Permission.ITEMS_DELETE)
    assert (await deletes.delete(path)).status == 204


async def test_reading_ones_own_is_not_reading_everyones(client: Client, member: Caller) -> None:
    another = await as_member(client)
    item = await another.post("/items", json=LAMP)
    program = await with_api_key(member, Permission.ITEMS_READ, Permission.ITEMS_DELETE)
    assert (await program.get("/items"))["total"] == 0
    assert (await program.get(f"/items/{item['id']}")).problem == (404, "item_not_found")
    assert (await program.delete(f"/items/{item['id']}")).problem == (404, "item_not_found")
