"""HEAD: what GET would answer, without the body. OPTIONS: what else could be asked."""

import re

import pytest

from tests.http.callers import as_member, as_superuser
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract
from tests.http.every_route import a_scene, good_request


def described(answer: Answer) -> dict[str, str]:
    """All that is said of the body, and what is said beside it."""
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


async def test_every_route_that_is_read_can_be_asked_for_its_headers_alone(
    client: Client, contract: Contract
) -> None:
    scene = await a_scene(client)
    superuser = await as_superuser(client)
    read = [operation for operation in contract.operations if operation.method == "GET"]
    assert len(read) > 10
    for operation in read:
        good = good_request(operation, scene)
        whole = await superuser.get(good.path)
        head = await superuser.request("HEAD", good.path)
        assert (head.status, described(head)) == (whole.status, described(whole)), operation.name


@pytest.mark.parametrize(
    ("path", "status"),
    [("/users", 403), ("/users/junk", 400), (f"{ROOT}/problems/nothing", 404)],
)
async def test_a_refusal_comes_without_its_body_too(client: Client, path: str, status: int) -> None:
    member = await as_member(client)
    assert (await member.request("HEAD", path)).status == status


async def test_what_the_caller_has_already_is_not_news(client: Client) -> None:
    member = await as_member(client)
    tag = (await member.get("/users/me")).headers["etag"]
    answer = await member.request("HEAD", "/users/me", headers={"If-None-Match": tag})
    assert (answer.status, answer.headers["etag"]) == (304, tag)


async def test_what_can_only_be_posted_has_no_headers_to_ask_for(client: Client) -> None:
    answer = await client.http.head("/api/v1/auth/login")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


async def test_every_path_says_what_can_be_done_there(client: Client, contract: Contract) -> None:
    by_path: dict[str, set[str]] = {}
    for operation in contract.operations:
        methods = by_path.setdefault(operation.template, {"OPTIONS"})
        methods |= {"GET", "HEAD"} if operation.method == "GET" else {operation.method}
    for template, methods in by_path.items():
        answer = await client.http.options(re.sub(r"{\w+}", "01a1fc6c", template))
        assert answer.status_code == 204, template
        assert answer.headers["allow"] == ", ".join(sorted(methods)), template
        assert (answer.content, answer.headers.get("content-type")) == (b"", None)
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/docs", "/docs/assets/favicon.png", "/verify-email"])
async def test_pages_say_it_too(client: Client, path: str) -> None:
    answer = await client.http.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


async def test_where_nothing_is_nothing_can_be_done(client: Client) -> None:
    assert (await client.http.options("/nowhere")).status_code == 404
