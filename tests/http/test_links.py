"""Links lead through a list, at whatever address the client has found it."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urljoin

import httpx
import pytest

from tests.http.callers import Caller, as_superuser, sign_up
from tests.http.client import API, Answer, Client
from tests.http.contract import Contract
from tests.http.every_route import a_scene, good_request, operations_of


def links_of(answer: Answer) -> Mapping[str, str]:
    """As another program reads them."""
    links = httpx.Response(answer.status, headers=answer.headers).links
    return {str(relation): link["url"] for relation, link in links.items()}


@pytest.fixture
async def reader(client: Client) -> Caller:
    """Of all accounts: five called Lee, and two others."""
    for number in range(5):
        await sign_up(client, f"lee-{number}@example.com")
    await sign_up(client, "lin@example.com")
    return await as_superuser(client)


async def followed(caller: Client, url: str, relation: str) -> AsyncIterator[Answer]:
    while True:
        answer = await caller.get(url)
        yield answer
        links = links_of(answer)
        if relation not in links:
            return
        url = urljoin(url, links[relation])


LEES = f"{API}/users?is_active=true&q=LEE&sort=username&limit=2"


@pytest.mark.parametrize("url", [LEES, f"{LEES}&skip=0"])
async def test_next_leads_through_what_was_asked_for_and_nothing_else(
    reader: Caller, url: str
) -> None:
    pages = [answer.each("username") async for answer in followed(reader, url, "next")]
    assert pages == [["lee-0", "lee-1"], ["lee-2", "lee-3"], ["lee-4"]]


async def test_prev_leads_back(reader: Caller) -> None:
    back = followed(reader, f"{LEES}&skip=4", "prev")
    pages = [answer.each("username") async for answer in back]
    assert pages == [["lee-4"], ["lee-2", "lee-3"], ["lee-0", "lee-1"]]


async def test_a_page_by_skip_says_where_the_first_and_the_last_are(reader: Caller) -> None:
    url = f"{LEES}&skip=2"
    links = links_of(await reader.get(url))
    assert set(links) == {"first", "prev", "next", "last"}
    first = await reader.get(urljoin(url, links["first"]))
    assert first.each("username") == ["lee-0", "lee-1"]
    last = await reader.get(urljoin(url, links["last"]))
    assert last.each("username") == ["lee-4"]


async def test_a_page_by_cursor_says_where_the_first_is(reader: Caller) -> None:
    _, second, third = [answer async for answer in followed(reader, LEES, "next")]
    assert set(links_of(second)) == {"first", "next"}
    assert set(links_of(third)) == {"first"}
    first = await reader.get(urljoin(LEES, links_of(third)["first"]))
    assert first.each("username") == ["lee-0", "lee-1"]


async def test_a_list_on_one_page_leads_nowhere(reader: Caller) -> None:
    assert "link" not in (await reader.get("/users")).headers


async def test_what_was_asked_comes_back_as_it_was(reader: Caller) -> None:
    asked = {"q": "lä <&>; l", "created_from": "2020-01-01T00:00:00+01:00", "limit": "1"}
    await sign_up(reader, full_name="Lä <&>; Lee")
    answer = await reader.get("/users", params={**asked, "skip": "0"})
    assert answer["total"] == 1
    url = urljoin(f"{API}/users", links_of(answer)["last"])
    assert (await reader.get(url)).body == answer.body


async def test_a_very_long_query_is_not_repeated(reader: Caller) -> None:
    answer = await reader.get("/users", params={"q": "ä" * 200, "skip": "0"})
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
