"""`tessera jobs`."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.connection import PoolSettings, open_database
from adapters.postgres.job_queue import PostgresJobQueue
from adapters.postgres.payloads import Payloads
from adapters.postgres.unit_of_work import BeginPostgresUnitOfWork
from domain.jobs import JobId, Lease
from entrypoints.http.jobs import JobShape
from tests.builders import CREATED, LATER, new_id
from tests.chores import CHORES, Chore, leave
from tests.cli.commands import Cli


@pytest.fixture
def dead(database_url: str) -> JobId:
    """A job that has failed for good."""

    async def make() -> JobId:
        async with open_database(database_url, PoolSettings(size=1)) as database:
            job_id = await leave(
                BeginPostgresUnitOfWork(database, lambda _: None, CommittedEvents(new_id)),
                Chore(),
                at=CREATED,
            )
            queue = PostgresJobQueue(database, Payloads(CHORES))
            [claimed] = await queue.claim(1, at=LATER, lease=Lease())
            claimed.job.die("550 no", at=LATER)
            await queue.settle(claimed.job)
            return job_id

    return _apart(make)


def _apart(make: Callable[[], Awaitable[JobId]]) -> JobId:
    async def run() -> JobId:
        return await make()

    return asyncio.run(run())


def test_lists_and_shows_as_the_api_does(cli: Cli, dead: JobId) -> None:
    [listed] = cli("jobs", "list", "--state", "dead", "--json").items
    assert listed["id"] == str(dead)
    assert cli("jobs", "show", dead, "--json").document == listed
    assert JobShape.model_validate(listed).model_dump(mode="json") == listed
    assert cli("jobs", "list", "--queue", "mail", "--json").items == []
    assert cli("jobs", "list", "--kind", "tests.chore", "--state", "waiting", "--json").items == []


def test_shows_people_why_it_failed(cli: Cli, dead: JobId) -> None:
    assert re.search(r"^last_error +550 no$", cli("jobs", "show", dead).out, re.MULTILINE)
    assert "550 no" in cli("jobs", "list").out


def test_tells_how_it_stands_with_the_queues(cli: Cli, dead: JobId) -> None:
    assert cli("jobs", "stats", "--json").document == {
        "items": [
            {"queue": "chores", "due": 0, "delayed": 0, "running": 0, "failing": 0, "dead": 1,
             "age_seconds": 0.0}
        ]
    }  # fmt: skip
    assert re.search(r"chores( +0){4} +1 +0", cli("jobs", "stats").out)


def test_retries(cli: Cli, dead: JobId) -> None:
    assert cli("jobs", "retry", dead).out == f"will be run {dead}\n"
    shown = cli("jobs", "show", dead, "--json").document
    assert (shown["state"], shown["attempts"]) == ("waiting", 0)


def test_discards_what_it_is_told_to(cli: Cli, dead: JobId) -> None:
    assert cli("jobs", "discard", dead).is_refused("no terminal to ask for a yes: use --yes")
    assert cli("jobs", "discard", dead, "--yes").out == f"discarded {dead}\n"
    assert cli("jobs", "retry", dead).is_refused("The job has finished.")
    assert cli("jobs", "discard", dead, "--yes").is_refused("The job is not waiting.")


def test_refuses_what_there_is_not(cli: Cli) -> None:
    unknown = new_id()
    assert cli("jobs", "show", unknown).is_refused("No such job.")
    assert cli("jobs", "retry", unknown).is_refused("No such job.")
    assert cli("jobs", "discard", unknown, "--yes").is_refused("No such job.")
    assert cli("jobs", "show", "junk").status == 2
