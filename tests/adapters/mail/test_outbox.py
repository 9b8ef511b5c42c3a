"""From the use case to the mailbox: PostgreSQL, jobs and a mail server, all real."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from adapters.postgres.job_queue import PostgresJobQueue
from adapters.postgres.payloads import Payloads
from application.jobs.run_jobs import JobLimits
from application.users.register_user import RegisterUser, RegisterUserHandler
from domain.access import ANONYMOUS
from domain.jobs import JobId, JobState, Lease
from domain.passwords import Password
from domain.users import EmailTaken
from entrypoints.background import job_handlers, jobs_of, running_jobs
from entrypoints.bootstrap.running import Inside, running
from entrypoints.settings.schema import Settings
from tests.mail_server import MailServer, mail_server

PATIENCE = 10.0
ANN = RegisterUser(email="ann@example.com", password=Password("correct horse battery staple"))


@attrs.frozen
class Office:
    """A service, and the mail server that it sends by."""

    inside: Inside
    server: MailServer
    settings: Settings

    async def register(self, command: RegisterUser = ANN) -> None:
        await self.inside.services[RegisterUserHandler](command, ANONYMOUS)

    async def job(self) -> JobId:
        """The one there is."""
        async with self.inside.database.transaction() as connection:
            raw = connection._raw
            return JobId(await raw.fetchval("SELECT id FROM jobs WHERE kind = 'mail.send'"))

    async def until(self, state: JobState) -> None:
        job_id, deadline = await self.job(), time.monotonic() + PATIENCE
        while (shown := await self.inside.ports.jobs.get(job_id)).state is not state:
            assert time.monotonic() < deadline, f"{shown.state}: {shown.last_error}"
            await asyncio.sleep(0.005)


@pytest.fixture
async def office(settings: Settings, database_url: str) -> AsyncIterator[Office]:
    async with mail_server() as server:
        settings = settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": server.port,
                "smtp_starttls": False,
                "mail_from": "Ada <ada@example.com>",
                "public_app_url": "https://app.example.com",
                "jobs_concurrency": 4,
            }
        )
        async with running(settings, database_url) as inside:
            yield Office(inside, server, settings)


async def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.005)


async def test_who_signs_up_is_welcomed_once(office: Office) -> None:
    async with running_jobs(office.inside, office.settings):
        await office.register()
        await office.until(JobState.FINISHED)
    [mail] = office.server.received
    assert mail["To"] == "ann@example.com"
    assert mail["Message-ID"] == f"<{await office.job()}@example.com>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "https://app.example.com/verify-email#token=" in body.get_content()


async def test_what_was_mailed_is_kept_nowhere(office: Office) -> None:
    async with running_jobs(office.inside, office.settings):
        await office.register()
        await office.until(JobState.FINISHED)
    async with office.inside.database.transaction() as connection:
        assert await connection._raw.fetchval("SELECT payload FROM jobs") == {}


async def test_a_use_case_that_is_undone_mails_nobody(office: Office) -> None:
    await office.register()
    async with running_jobs(office.inside, office.settings):
        with pytest.raises(EmailTaken):
            await office.register(attrs.evolve(ANN, username="another"))
        await office.until(JobState.FINISHED)
        page = await office.inside.ports.jobs.get(await office.job())
        assert page.attempts == 1
    assert len(office.server.received) == 1


async def test_what_is_refused_for_ever_is_dead_and_says_why(office: Office) -> None:
    office.server.at_recipient = ["550 5.1.1 <ann@example.com> is unknown here"]
    async with running_jobs(office.inside, office.settings):
        await office.register()
        await office.until(JobState.DEAD)
    shown = await office.inside.ports.jobs.get(await office.job())
    assert shown.attempts == 1
    assert shown.last_error is not None
    assert "550 5.1.1" in shown.last_error
    assert "ann@" not in shown.last_error


async def test_what_is_refused_for_now_is_sent_later(office: Office) -> None:
    office.server.at_recipient = ["451 later"]
    office.server.drops_in_the_middle = 1
    async with running_jobs(office.inside, office.settings):
        await office.register()
        await office.until(JobState.FINISHED)
    assert len(office.server.received) == 1
    assert (await office.inside.ports.jobs.get(await office.job())).attempts == 3


async def test_one_that_was_claimed_by_a_killed_process_is_sent_once_its_lease_is_over(
    office: Office,
) -> None:
    await office.register()
    kinds = job_handlers(office.inside.services).by_payload
    queue = PostgresJobQueue(office.inside.database, Payloads(kinds))
    lease = Lease(timedelta(seconds=0.3))
    [claimed] = await queue.claim(9, at=datetime.now(UTC), lease=lease)
    stopping = asyncio.Event()
    handlers = job_handlers(office.inside.services)
    task = asyncio.create_task(jobs_of(office.inside, JobLimits(), handlers)(stopping))
    await office.until(JobState.FINISHED)
    stopping.set()
    await task
    [mail] = office.server.received
    assert mail["Message-ID"] == f"<{claimed.job.id}@example.com>"


async def test_one_that_was_sent_by_a_process_that_did_not_live_to_tell_is_known_by_its_id(
    office: Office,
) -> None:
    office.server.drops_after_taking = 1
    async with running_jobs(office.inside, office.settings):
        await office.register()
        await office.until(JobState.FINISHED)
    ids = {mail["Message-ID"] for mail in office.server.received}
    assert (len(office.server.received), ids) == (2, {f"<{await office.job()}@example.com>"})


async def test_a_mail_server_that_is_away_keeps_nobody_from_signing_up(
    office: Office, settings: Settings, database_url: str
) -> None:
    nowhere = office.settings.model_copy(update={"smtp_port": 1})
    async with running(nowhere, database_url) as inside, running_jobs(inside, nowhere):
        await inside.services[RegisterUserHandler](ANN, ANONYMOUS)
        deadline = time.monotonic() + PATIENCE
        while (await inside.ports.jobs.get(await office.job())).last_error is None:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.005)
    shown = await office.inside.ports.jobs.get(await office.job())
    assert (shown.state, shown.attempts) == (JobState.WAITING, 1)
    async with running_jobs(office.inside, office.settings):
        await office.until(JobState.FINISHED)
    assert len(office.server.received) == 1
