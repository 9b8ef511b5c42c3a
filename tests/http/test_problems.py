"""Failures as problems (RFC 9457): one shape, published codes, and nothing of the inside."""

from contextlib import AbstractContextManager

import pytest
from fastapi import FastAPI

from domain.errors import KINDS, DomainError, Unavailable
from entrypoints.http.problems import STATUS, catalogue
from entrypoints.settings.schema import Settings
from tests.http.callers import Caller, as_member
from tests.http.client import API, ROOT, Client
from tests.http.contract import as_object
from tests.http.provoking import failing
from tests.http.scene import UNKNOWN
from tests.http.wired import wired

CODES = sorted(catalogue())
SOMEBODY = f"/users/{UNKNOWN}"
HTML = {"Accept": "text/html"}


def failing_with(
    failure: Exception, app: FastAPI, settings: Settings
) -> AbstractContextManager[None]:
    """The same service, but no account can be read."""
    return wired(app, failing(app.state.inside.ports, failure, "users"), settings)


@pytest.fixture
async def member(client: Client) -> Caller:
    return await as_member(client)


@pytest.mark.parametrize("code", CODES)
async def test_every_code_has_its_page(client: Client, code: str) -> None:
    problem = catalogue()[code]
    page = await client.get(f"{ROOT}/problems/{code}", headers=HTML)
    assert page.status == 200
    assert f"<h1>{problem.title}</h1>" in page.content.decode()
    assert f"<code>{code}</code>" in page.content.decode()
    assert len(problem.description) > 20


async def test_an_unknown_code_has_none(client: Client) -> None:
    answer = await client.get(f"{ROOT}/problems/unheard-of", headers=HTML)
    assert answer.problem == (404, "not_found")


async def test_the_type_of_a_problem_leads_to_its_page(member: Caller) -> None:
    problem = await member.get(SOMEBODY)
    assert (await member.get(f"{ROOT}{problem['type']}")).status == 200


async def test_a_problem_says_what_which_and_where(member: Caller) -> None:
    problem = await member.get(SOMEBODY, headers={"X-Request-ID": "of-mine"})
    assert problem.body == {
        "type": "/problems/user_not_found",
        "title": "No such user",
        "status": 404,
        "detail": "No such user.",
        "code": "user_not_found",
        "request_id": "of-mine",
    }


async def test_token_errors_speak_oauth_too(client: Client) -> None:
    problem = await client.bearing("junk").get("/users/me")
    assert problem["error"] == "invalid_token"
    assert problem["error_description"] == problem["detail"]
    assert problem.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


async def test_nothing_is_wrong_with_credentials_that_are_not_there(client: Client) -> None:
    """RFC 6750 §3.1: no error code, so that a client asks for a token and drops none."""
    for path, headers in (
        ("/users/me", {}),
        ("/users", {"Authorization": "Basic YW5uOmFubg=="}),
        ("/roles", {"Authorization": "Bearer"}),
    ):
        problem = await client.get(path, headers=headers)
        assert problem.problem == (401, "not_authenticated")
        assert problem.headers["www-authenticate"] == "Bearer"
        assert "error" not in as_object(problem.body)


def test_codes_and_kinds_are_published_once() -> None:
    assert len(set(CODES)) == len(CODES)
    for code in CODES:
        assert code.isidentifier()
        assert code == code.lower()
    assert set(STATUS) == set(KINDS) == set(DomainError.__subclasses__())


@pytest.mark.parametrize("path", ["/nowhere", "/roles/a/b/c", "/users/me/nothing", "/v2/users"])
async def test_what_is_nowhere_is_not_found(client: Client, path: str) -> None:
    assert (await client.get(path)).problem == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", f"{API}/users", "GET, HEAD, OPTIONS, POST"),
        ("PUT", f"{API}{SOMEBODY}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("GET", f"{API}/auth/login", "OPTIONS, POST"),
        ("PUT", f"{API}/users/me", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("POST", f"{ROOT}/health", "GET, HEAD, OPTIONS"),
        ("DELETE", f"{API}/audit", "GET, HEAD, OPTIONS"),
        ("POST", f"{ROOT}/docs", "GET, HEAD, OPTIONS"),
        ("POST", f"{ROOT}/docs/assets/favicon.png", "GET, HEAD, OPTIONS"),
    ],
)
async def test_another_method_is_told_which_there_are(
    client: Client, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert answer.problem == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_a_bug_is_answered_without_its_internals(
    app: FastAPI, settings: Settings, member: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with failing_with(RuntimeError("the secret is 4711"), app, settings):
        answer = await member.get(member.path, headers={"X-Request-ID": "of-mine"})
    assert answer.problem == (500, "internal_error")
    assert b"4711" not in answer.content
    assert b"RuntimeError" not in answer.content
    logged = [record for record in caplog.records if record.exc_info is not None]
    assert "of-mine" in logged[0].getMessage()


async def test_what_is_down_says_when_to_come_back(
    app: FastAPI, settings: Settings, member: Caller
) -> None:
    with failing_with(Unavailable(retry_after=7), app, settings):
        answer = await member.get(member.path)
    assert answer.problem == (503, "unavailable")
    assert answer.headers["retry-after"] == "7"
