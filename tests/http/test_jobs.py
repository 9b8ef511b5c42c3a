"""Jobs over HTTP."""

import pytest

from domain.access import Permission
from tests.builders import CREATED
from tests.chores import Chore, leave
from tests.http.callers import as_holder_of
from tests.http.client import Client


async def test_lists_what_is_done_in_the_background(client: Client) -> None:
    begin = client.inside.ports.begin
    job_id = await leave(begin, Chore(name="hush"), at=CREATED)
    reader = await as_holder_of(client, Permission.JOBS_READ)
    listed = await reader.get("/jobs", params={"kind": "tests.chore", "state": "waiting"})
    [job] = listed.items
    assert job["id"] == str(job_id)
    assert (job["kind"], job["queue"], job["state"]) == ("tests.chore", "chores", "waiting")
    assert (job["attempts"], job["last_error"], job["ended_at"]) == (0, None, None)
    assert b"hush" not in listed.content, "what it is about may be somebody's"


@pytest.mark.parametrize(
    ("filters", "found"),
    [({"state": "dead"}, 0), ({"queue": "chores"}, 2), ({"queue": "mail", "kind": "x"}, 0)],
)
async def test_filters(client: Client, filters: dict[str, str], found: int) -> None:
    for _ in range(2):
        await leave(client.inside.ports.begin, Chore(), at=CREATED)
    reader = await as_holder_of(client, Permission.JOBS_READ)
    assert (await reader.get("/jobs", params=filters))["total"] == found


async def test_refuses_a_state_that_there_is_not(client: Client) -> None:
    reader = await as_holder_of(client, Permission.JOBS_READ)
    answer = await reader.get("/jobs", params={"state": "asleep"})
    assert answer.problem == (400, "validation_error")
