"""A relay, workers in processes of their own, and all that they stand on."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import attrs
import redis

from application.mail.send_mail import MailLink, SendMail
from domain.access import UserId
from domain.jobs import JobId, JobState
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose
from entrypoints.bootstrap.running import Inside
from tests.chores import leave
from tests.polling import until_it
from tests.post_office import PostOffice
from tests.redis_server import RedisServer
from tests.system.service import Installation, Standing


@attrs.define(eq=False)
class Works:
    inside: Inside
    office: PostOffice
    redis: RedisServer
    installation: Installation
    settings: dict[str, str]
    """As the processes get them."""
    _worker: Standing | None = None
    _queues: str | None = None

    async def hire(self, queues: str = "mail,default") -> Standing:
        """The one worker there is, for these queues; with one job at a time."""
        worker = self._worker
        if worker is None or worker.process.poll() is not None or queues != self._queues:
            if worker is not None:
                worker.end()
            options = ("worker", "--queues", queues, "--concurrency", "1")
            worker = self.installation.stand(*options, **self.settings)
            await asyncio.to_thread(worker.wait_until_ready)
            self._worker, self._queues = worker, queues
        return worker

    async def leave_mail(self, to: str) -> JobId:
        mail = SendMail(
            template="verify_email",
            to=to,
            user_id=UserId(UUID(int=1)),
            language="en",
            link=MailLink(purpose=TokenPurpose.VERIFY_EMAIL, token_id=OneTimeTokenId(UUID(int=2))),
        )
        return await leave(self.inside.ports.begin, mail, at=datetime.now(UTC))

    def received(self, to: str) -> int:
        return sum(receipt.recipient == to for receipt in self.office.receipts)

    async def until_told(self, queue: str, count: int) -> None:
        """That many are on their way, and no worker has come to them."""

        async def are_there() -> bool:
            with closing(redis.Redis.from_url(self.redis.url)) as client:
                return client.llen(queue) == count

        await until_it(are_there, f"{count} in {queue}")

    async def until_it_is(self, state: JobState, *jobs: JobId) -> None:
        async def are_so() -> bool:
            shown = [await self.inside.ports.jobs.get(job_id) for job_id in jobs]
            return all(each.state is state for each in shown)

        await until_it(are_so, f"{state} {jobs}")

    async def do(self, statement: str) -> None:
        """As if time had passed, for what would take too long."""
        async with self.inside.database.transaction() as connection:
            await connection.command(statement)
            await connection.command("COMMIT")
