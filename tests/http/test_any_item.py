"""Any JSON as an item: what is taken is what is read, and the rest is refused as documented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.any_json import ANY_JSON, REFUSED, TEXT, bounded, encoded
from tests.http.callers import Caller, as_member
from tests.http.client import Client
from tests.http.contract import as_object
from tests.http.hostile import JSON

_ITEM = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXT | ANY_JSON,
        "description": TEXT | ANY_JSON,
        "status": st.sampled_from(["draft", "active", "archived"]) | ANY_JSON,
        "attributes": st.dictionaries(TEXT, ANY_JSON, max_size=4) | ANY_JSON,
        "unknown": ANY_JSON,
    },
)


@pytest.fixture
async def member(client: Client) -> Caller:
    return await as_member(client)


@pytest.fixture
async def item(member: Caller) -> str:
    return (await member.post("/items", json={"title": "a"})).text("id")


@bounded(80)
@given(body=_ITEM | ANY_JSON)
async def test_what_an_item_is_made_of_is_what_is_read(member: Caller, body: object) -> None:
    answer = await member.post("/items", content=encoded(body), headers=JSON)
    if answer.status != 201:
        assert answer.problem[1] in REFUSED
        return
    read = await member.get(f"/items/{answer['id']}")
    assert read.body == answer.body


@bounded(80)
@given(body=_ITEM | ANY_JSON)
async def test_what_an_item_is_changed_to_is_what_is_read(
    member: Caller, item: str, body: object
) -> None:
    answer = await member.patch(f"/items/{item}", content=encoded(body), headers=JSON)
    if answer.status != 200:
        assert answer.problem[1] in REFUSED
        return
    for name in as_object(body):
        if name == "attributes":
            assert answer[name] == as_object(body)[name]
    assert (await member.get(f"/items/{item}")).body == answer.body
