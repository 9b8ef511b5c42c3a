"""What only a real broker shows."""

import asyncio
import time
from datetime import timedelta

import pytest

from adapters.celery import app as celery_settings
from adapters.celery.app import celery_app
from adapters.celery.dispatcher import celery_job_dispatcher
from domain.errors import Unavailable
from domain.jobs import JobId
from tests.builders import new_id
from tests.redis_server import RedisServer

LIMIT = timedelta(seconds=1)


async def test_a_silent_broker_holds_up_nobody_else(
    own_redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery_settings, "_SOCKET_TIMEOUT", 0.3)
    async with celery_job_dispatcher(celery_app(own_redis_server.url, time_limit=LIMIT)) as told:
        await told.send("mail", [JobId(new_id())])
        own_redis_server.freeze()
        sending = asyncio.create_task(told.send("mail", [JobId(new_id())]))
        longest, last = 0.0, time.monotonic()
        while not sending.done():
            await asyncio.sleep(0.001)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        with pytest.raises(Unavailable):
            await sending
        own_redis_server.thaw()
        await told.send("mail", [JobId(new_id())])
    assert longest < 0.2, "the loop goes on meanwhile"


async def test_a_broker_that_was_never_there_is_told_of_at_once() -> None:
    began = time.monotonic()
    app = celery_app("redis://:hush@127.0.0.1:1/0", time_limit=LIMIT)
    async with celery_job_dispatcher(app) as told:
        with pytest.raises(Unavailable) as refusal:
            await told.depth("mail")
    assert time.monotonic() - began < 1
    assert "hush" not in str(refusal.value)
