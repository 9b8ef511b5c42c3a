"""Sends the ids of jobs to Celery's workers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import attrs
from celery import Celery
from kombu import Connection, Producer
from kombu.exceptions import OperationalError
from redis import RedisError

from adapters.celery.app import RUN_JOB
from domain.errors import Unavailable
from domain.jobs import JobId

Result = TypeVar("Result")


@asynccontextmanager
async def celery_job_dispatcher(app: Celery) -> "AsyncIterator[CeleryJobDispatcher]":
    """Connects when it is first needed, and again where the connection was lost."""
    # One, for a connection is for one thread.
    with ThreadPoolExecutor(1, thread_name_prefix="celery") as thread:
        dispatcher = CeleryJobDispatcher(app, thread)
        try:
            yield dispatcher
        finally:
            await dispatcher.hang_up()


@attrs.define(eq=False)
class CeleryJobDispatcher:
    """In a thread of its own, for Celery's client blocks."""

    _app: Celery
    _thread: ThreadPoolExecutor
    _connection: Connection | None = attrs.field(default=None, init=False)

    async def depth(self, queue: str) -> int:
        def depth(connection: Connection) -> int:
            declared = connection.default_channel.queue_declare(queue=queue)  # type: ignore[attr-defined]  # as of every channel
            return int(declared.message_count)

        return await self._connected(depth)

    async def send(self, queue: str, jobs: Sequence[JobId]) -> None:
        def send(connection: Connection) -> None:
            producer = Producer(connection, auto_declare=False)
            for job_id in map(str, jobs):
                self._app.send_task(
                    RUN_JOB, [job_id], task_id=job_id, queue=queue, producer=producer, retry=False
                )

        await self._connected(send)

    async def hang_up(self) -> None:
        await self._apart(self._hang_up)

    async def _connected(self, work: Callable[[Connection], Result]) -> Result:
        def connected() -> Result:
            try:
                if self._connection is None:
                    self._connection = self._app.connection_for_write()
                    self._connection.ensure_connection(max_retries=0)
                return work(self._connection)
            except (OperationalError, RedisError, OSError) as error:
                self._hang_up()
                raise Unavailable(f"The broker does not answer: {error}") from error

        return await self._apart(connected)

    async def _apart(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()
