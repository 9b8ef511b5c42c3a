"""Links lead through a list, at whatever address the client has found it."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urljoin

import httpx
import pytest

from tests.http.callers import Caller, as_member, as_superuser
from tests.http.client import API, Answer, Client
from tests.http.contract import Contract
from tests.http.every_route import a_scene, good_request, operations_of


def links_of(answer: Answer) -> Mapping[str, str]:
    """As another program reads them."""
    links = httpx.Response(answer.status, headers=answer.headers).links
    return {str(relation): link["url"] for relation, link in links.items()}


@pytest.fixture
async def member(client: Client) -> Caller:
    """With five lamps and a lantern."""
    member = await as_member(client)
    for number in range(5):
        await member.post("/items", json={"title": f"Lamp {number}", "status": "active"})
    await member.post("/items", json={"title": "Lantern"})
    return member


async def followed(caller: Client, url: str, relation: str) -> AsyncIterator[Answer]:
    while True:
        answer = await caller.get(url)
        yield answer
        links = links_of(answer)
        if relation not in links:
            return
        url = urljoin(url, links[relation])


LAMPS = f"{API}/items?status=active&q=lamp&sort=title&limit=2"


@pytest.mark.parametrize("url", [LAMPS, f"{LAMPS}&skip=0"])
async def test_next_leads_through_what_was_asked_for_and_nothing_else(
    member: Caller, url: str
) -> None:
    titles = [
        title async for answer in followed(member, url, "next") for title in answer.each("title")
    ]
    assert titles == [f"Lamp {number}" for number in range(5)]


async def test_prev_leads_back(member: Caller) -> None:
    pages = [answer.each("title") async for answer in followed(member, f"{LAMPS}&skip=4", "prev")]
    assert pages == [["Lamp 4"], ["Lamp 2", "Lamp 3"], ["Lamp 0", "Lamp 1"]]


async def test_a_page_by_skip_says_where_the_first_and_the_last_are(member: Caller) -> None:
    url = f"{LAMPS}&skip=2"
    links = links_of(await member.get(url))
    assert set(links) == {"first", "prev", "next", "last"}
    assert (await member.get(urljoin(url, links["first"]))).each("title") == ["Lamp 0", "Lamp 1"]
    assert (await member.get(urljoin(url, links["last"]))).each("title") == ["Lamp 4"]


async def test_a_page_by_cursor_says_where_the_first_is(member: Caller) -> None:
    _, second, third = [answer async for answer in followed(member, LAMPS, "next")]
    assert set(links_of(second)) == {"first", "next"}
    assert set(links_of(third)) == {"first"}
    first = await member.get(urljoin(LAMPS, links_of(third)["first"]))
    assert first.each("title") == ["Lamp 0", "Lamp 1"]


async def test_a_list_on_one_page_leads_nowhere(member: Caller) -> None:
    assert "link" not in (await member.get("/items")).headers


async def test_what_was_asked_comes_back_as_it_was(member: Caller) -> None:
    asked = {"q": "lä <&>; ", "attributes": '{"a": ">"}', "limit": "1"}
    await member.post(
        "/items", json={"title": "lä ; <&>", "description": asked["q"], "attributes": {"a": ">"}}
    )
    answer = await member.get("/items", params={**asked, "skip": "0"})
    assert answer["total"] == 1
    url = urljoin(f"{API}/items", links_of(answer)["last"])
    assert (await member.get(url)).body == answer.body


async def test_a_very_long_query_is_not_repeated(member: Caller) -> None:
    asked = {"attributes": '{"a": "' + "x" * 1024 + '"}', "skip": "0"}
    answer = await member.get("/items", params=asked)
    assert (answer.status, "link" in answer.headers) == (200, False)


async def test_every_list_has_links(client: Client, contract: Contract) -> None:
    scene = await a_scene(client)
    superuser = await as_superuser(client)
    lists = [
        each
        for each in operations_of(contract).values()
        if "Link" in str(each.responses.get("200", {}))
    ]
    assert len(lists) > 5
    for operation in lists:
        good = good_request(operation, scene)
        answer = await superuser.get(good.path, params={"skip": 1, "limit": 1})
        assert {"first", "prev"} <= set(links_of(answer)), operation.name
