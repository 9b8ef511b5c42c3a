"""Conditional requests (RFC 9110 §13): nothing is sent twice, and nothing newer is overwritten."""

import pytest

from tests.http.callers import Caller, as_member, as_superuser
from tests.http.client import API, Answer, Client

ROLE = "/roles/editor"


@pytest.fixture
async def superuser(client: Client) -> Caller:
    return await as_superuser(client)


@pytest.fixture
async def role(superuser: Caller) -> Answer:
    role = await superuser.post("/roles", json={"name": "editor"})
    assert role.status == 201
    return role


@pytest.mark.parametrize("known", ["{}", "W/{}", '"0", {}', "*", '"x" ,W/{} ', '"a,b",, {},'])
async def test_what_the_caller_has_is_not_sent_again(
    superuser: Caller, role: Answer, known: str
) -> None:
    known = known.format(role.headers["etag"])
    answer = await superuser.get(ROLE, headers={"If-None-Match": known})
    assert answer.status == 304
    assert answer.headers["etag"] == role.headers["etag"]


async def test_what_has_changed_since_is_sent_again(superuser: Caller, role: Answer) -> None:
    changed = await superuser.patch(ROLE, json={"description": "Edits"})
    assert changed.headers["etag"] != role.headers["etag"]
    answer = await superuser.get(ROLE, headers={"If-None-Match": role.headers["etag"]})
    assert (answer.status, answer.body) == (200, changed.body)


@pytest.mark.parametrize(
    "known", ['"0"', "junk", '"junk', "junk, {}", "{} {}", '"0,{}"', "*, {}", ""]
)
async def test_what_names_no_copy_of_the_caller_s_is_sent_whole(
    superuser: Caller, role: Answer, known: str
) -> None:
    known = known.format(role.headers["etag"], role.headers["etag"])
    answer = await superuser.get(ROLE, headers={"If-None-Match": known})
    assert (answer.status, answer.body) == (200, role.body)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_stale_copy_changes_nothing(superuser: Caller, role: Answer, method: str) -> None:
    newer = await superuser.patch(ROLE, json={"description": "Edits"})
    body = {"description": "Reads"} if method == "PATCH" else None
    stale = {"If-Match": role.headers["etag"]}
    refusal = await superuser.request(method, ROLE, json=body, headers=stale)
    assert refusal.problem == (412, "version_mismatch")
    assert (await superuser.get(ROLE)).body == newer.body


@pytest.mark.parametrize("known", ["{}", "*", " {} ", '"999", {}', '{} ,W/"999"', '"a,b",, {},'])
async def test_a_fresh_copy_may_change_and_delete(
    superuser: Caller, role: Answer, known: str
) -> None:
    fresh = {"If-Match": known.format(role.headers["etag"])}
    changed = await superuser.patch(ROLE, json={"description": "Edits"}, headers=fresh)
    assert changed.status == 200
    fresh = {"If-Match": known.format(changed.headers["etag"])}
    assert (await superuser.delete(ROLE, headers=fresh)).status == 204


async def test_tags_on_several_lines_are_one_list(superuser: Caller, role: Answer) -> None:
    """RFC 9110 §5.3."""
    tags = ['"998"', role.headers["etag"], '"999"']

    async def asked(method: str, name: str, json: object = None) -> int:
        headers = [("Authorization", f"Bearer {superuser.token}"), *((name, tag) for tag in tags)]
        answer = await superuser.http.request(method, f"{API}{ROLE}", json=json, headers=headers)
        return answer.status_code

    assert await asked("GET", "If-None-Match") == 304
    assert await asked("PATCH", "If-Match", {"description": "Edits"}) == 200
    assert await asked("PATCH", "If-Match", {"description": "Reads"}) == 412


@pytest.mark.parametrize("known", ["W/{}", 'W/{}, "999"', '"998","999"', "junk, {}", "{} {}", ""])
async def test_neither_weak_tags_nor_others_match_for_a_change(
    superuser: Caller, role: Answer, known: str
) -> None:
    weak = {"If-Match": known.format(role.headers["etag"], role.headers["etag"])}
    answer = await superuser.patch(ROLE, json={"description": "Edits"}, headers=weak)
    assert answer.problem == (412, "version_mismatch")


@pytest.mark.parametrize("tag", ['"7"', "junk"])
async def test_where_nothing_is_to_be_changed_no_copy_is_stale(
    client: Client, superuser: Caller, role: Answer, tag: str
) -> None:
    stale = {"If-Match": tag}
    unknown = await superuser.delete("/roles/unheard-of", headers=stale)
    assert unknown.problem == (404, "role_not_found")
    denied = await (await as_member(client)).delete(ROLE, headers=stale)
    assert denied.problem == (403, "permission_denied")
    junk = await superuser.delete("/users/junk", headers=stale)
    assert junk.problem == (400, "validation_error")


async def test_answers_are_private_and_asked_for_anew(role: Answer) -> None:
    assert role.headers["cache-control"] == "private, no-cache"
