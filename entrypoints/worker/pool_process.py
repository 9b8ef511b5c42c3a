"""The service inside one of the processes in which Celery runs jobs."""

import asyncio
import logging
import os
import socket
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Event, Thread
from typing import BinaryIO
from uuid import UUID

import attrs

from application.jobs.run_jobs import GRACE_SECONDS
from application.jobs.run_one_job import RunOneJob
from application.outage import Outage
from domain.errors import Unavailable
from domain.jobs import JobId
from entrypoints.background import one_job_of
from entrypoints.bootstrap.running import running
from entrypoints.memory import settle_memory
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import Telemetry, told_at

_log = logging.getLogger(__name__)

_BETWEEN_ATTEMPTS_SECONDS = 1.0
_FAREWELL_SECONDS = 5.0


@attrs.frozen
class Farewell:
    """Tells the processes of a pool that their worker is to stop: by a pipe that nobody but the
    worker holds open, so that its death tells them too."""

    heard_at: int
    _said_at: BinaryIO

    @classmethod
    def prepare(cls) -> "Farewell":
        heard_at, said_at = os.pipe()
        return cls(heard_at, os.fdopen(said_at, "wb"))

    def say(self) -> None:
        """By the worker; also more than once."""
        self._said_at.close()

    def to_be_heard(self) -> int:
        """In a process of the pool: what can be read from when it is said."""
        self._said_at.close()
        return self.heard_at


@attrs.define(eq=False)
class PoolProcess:
    """The service is open from the start of the process to its end, on a loop in a thread of its
    own, so that its connections are attended to while there is no job."""

    settings: Settings
    dsn: str
    farewell: int
    metrics: socket.socket | None = None
    _loop: asyncio.AbstractEventLoop = attrs.field(init=False)
    _run_one: "asyncio.Future[RunOneJob]" = attrs.field(init=False)
    _ending: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _running: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)
    _thread: Thread = attrs.field(init=False)

    def start(self) -> None:
        is_up = Event()
        self._thread = Thread(target=self._stay, args=[is_up], daemon=True)
        self._thread.start()
        is_up.wait()

    def run(self, job_id: str) -> None:
        """Until it is done, or was given back."""
        running = self._run(JobId(UUID(job_id)))
        with suppress(CancelledError):
            asyncio.run_coroutine_threadsafe(running, self._loop).result()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(_FAREWELL_SECONDS)

    def _stay(self, is_up: Event) -> None:
        try:
            asyncio.run(self._live(is_up))
        except Exception:  # noqa: BLE001 - whatever it was, this process is of no use any more
            _log.exception("a process that runs jobs has to end")
            # And Celery starts another one.
            os._exit(1)

    async def _live(self, is_up: Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.farewell, self._hear)
        self._run_one = self._loop.create_future()
        settle_memory()
        is_up.set()
        outage = Outage(_log, "jobs have to wait")
        while not self._ending.is_set():
            try:
                telemetry = Telemetry.of(self.settings)
                async with (
                    telemetry.measuring(self.settings) as figures,
                    running(self.settings, self.dsn, telemetry) as inside,
                    told_at(self.metrics, figures, inside.services, self.settings),
                ):
                    outage.is_over()
                    self._run_one.set_result(one_job_of(inside, self.settings))
                    await self._ending.wait()
            except Unavailable as error:
                # The worker has seen to it that all is well, but that was when it began.
                outage.is_met(error.detail)
                await asyncio.sleep(_BETWEEN_ATTEMPTS_SECONDS)

    async def _run(self, job_id: JobId) -> None:
        task = asyncio.create_task(self._run_when_open(job_id))
        self._running.add(task)
        try:
            await task
        finally:
            self._running.discard(task)

    async def _run_when_open(self, job_id: JobId) -> None:
        run_one = await asyncio.shield(self._run_one)
        await run_one(job_id)

    def _hear(self) -> None:
        self._loop.remove_reader(self.farewell)
        self._loop.call_later(GRACE_SECONDS, self._give_back)

    def _give_back(self) -> None:
        for task in self._running:
            task.cancel()
