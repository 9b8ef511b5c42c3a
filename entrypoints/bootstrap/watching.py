"""Where the service is opened to those who watch it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from adapters.postgres.observing import UNOBSERVED, DatabaseObserver
from adapters.postgres.pool import ConnectionPool
from adapters.security.threads import BoundedThreads
from application.events.feed import Feed
from application.jobs.ports import JobQueue
from application.jobs.run_job import JobHandlers
from application.mail.ports import Mailer


class CacheUse(Protocol):
    """How often something was found in a cache, and how often it had to be read."""

    @property
    def hits(self) -> int: ...
    @property
    def misses(self) -> int: ...


class Watch(Protocol):
    """Puts itself between the service and some of what it stands on, and looks at the rest."""

    @property
    def database(self) -> DatabaseObserver: ...

    def mailer(self, mailer: Mailer) -> Mailer: ...

    def job_queue(self, queue: JobQueue) -> JobQueue: ...

    def job_handlers(self, handlers: JobHandlers) -> JobHandlers: ...

    def use_case(self, kind: type) -> type:
        """What is to be made instead of this handler, and is one."""
        ...

    def look_at(
        self,
        pool: ConnectionPool,
        threads: Sequence[BoundedThreads],
        feeds: Sequence[Feed[object]],
        caches: Mapping[str, CacheUse],
    ) -> None: ...


@attrs.frozen
class Unwatched:
    """As a command is, which ends before anybody could look."""

    @property
    def database(self) -> DatabaseObserver:
        return UNOBSERVED

    def mailer(self, mailer: Mailer) -> Mailer:
        return mailer

    def job_queue(self, queue: JobQueue) -> JobQueue:
        return queue

    def job_handlers(self, handlers: JobHandlers) -> JobHandlers:
        return handlers

    def use_case(self, kind: type) -> type:
        return kind

    def look_at(
        self,
        pool: ConnectionPool,
        threads: Sequence[BoundedThreads],
        feeds: Sequence[Feed[object]],
        caches: Mapping[str, CacheUse],
    ) -> None:
        pass


UNWATCHED = Unwatched()
