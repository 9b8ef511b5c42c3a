"""Workers elsewhere are told of jobs, each queue's of their own."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import attrs
import pytest
from celery import Celery

from adapters.celery.app import RUN_JOB, celery_app
from adapters.celery.dispatcher import celery_job_dispatcher
from adapters.memory.job_dispatcher import MemoryJobDispatcher
from application.jobs.ports import JobDispatcher
from domain.errors import Unavailable
from domain.jobs import JobId
from tests.builders import new_id
from tests.redis_server import RedisServer


@attrs.frozen
class Post:
    """A dispatcher, and the other end of it."""

    dispatcher: JobDispatcher
    take: Callable[[str], list[JobId]]
    """What a queue's workers hear."""
    go_away: Callable[[], None]
    come_back: Callable[[], None]


@pytest.fixture
def memory_post() -> Post:
    dispatcher = MemoryJobDispatcher()

    def set_away(is_away: bool) -> None:
        dispatcher.is_away = is_away

    return Post(
        dispatcher, dispatcher.take, lambda: set_away(is_away=True), lambda: set_away(is_away=False)
    )


@pytest.fixture
async def celery_post(own_redis_server: RedisServer) -> AsyncIterator[Post]:
    app = celery_app(own_redis_server.url, time_limit=timedelta(seconds=1))
    async with celery_job_dispatcher(app) as dispatcher:
        yield Post(
            dispatcher,
            lambda queue: _heard(app, queue),
            own_redis_server.kill,
            own_redis_server.start,
        )


def _heard(app: Celery, queue: str) -> list[JobId]:
    heard = []
    with app.connection_for_read() as connection, connection.SimpleQueue(queue) as messages:
        for _ in range(messages.qsize()):
            message = messages.get(block=False)
            message.ack()
            assert message.headers["task"] == RUN_JOB
            [job_id] = message.payload[0]
            heard.append(JobId(UUID(job_id)))
    return heard


@pytest.fixture(params=["memory", "celery"])
def post(request: pytest.FixtureRequest) -> Post:
    made: Post = request.getfixturevalue(f"{request.param}_post")
    return made


def some_jobs(count: int) -> list[JobId]:
    return [JobId(new_id()) for _ in range(count)]


async def test_a_queue_hears_of_its_own_jobs_in_their_order(post: Post) -> None:
    mails, others = some_jobs(3), some_jobs(1)
    await post.dispatcher.send("mail", mails)
    await post.dispatcher.send("default", others)
    assert (post.take("mail"), post.take("default")) == (mails, others)


async def test_tells_how_many_have_not_been_heard_of(post: Post) -> None:
    assert await post.dispatcher.depth("mail") == 0
    await post.dispatcher.send("mail", some_jobs(2))
    await post.dispatcher.send("mail", some_jobs(1))
    await post.dispatcher.send("default", some_jobs(1))
    assert await post.dispatcher.depth("mail") == 3
    post.take("mail")
    assert await post.dispatcher.depth("mail") == 0


async def test_says_when_nobody_can_be_told_and_goes_on_afterwards(post: Post) -> None:
    jobs = some_jobs(1)
    await post.dispatcher.send("mail", jobs)
    post.take("mail")
    post.go_away()
    with pytest.raises(Unavailable):
        await post.dispatcher.depth("mail")
    with pytest.raises(Unavailable):
        await post.dispatcher.send("mail", jobs)
    post.come_back()
    await post.dispatcher.send("mail", jobs)
    assert post.take("mail") == jobs
