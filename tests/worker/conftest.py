"""One works for each module: what it is made of takes seconds to start."""

from collections.abc import AsyncIterator

import pytest

from adapters.postgres.migrations import upgrade
from entrypoints.background import relaying_jobs
from entrypoints.bootstrap.running import running
from entrypoints.settings.schema import Settings
from tests.conftest import SECRET
from tests.post_office import a_post_office
from tests.postgres_server import fresh_clone
from tests.redis_server import own_redis
from tests.system.service import an_installation
from tests.worker.works import Works


@pytest.fixture(scope="module")
async def works(postgres_url: str, settings: Settings) -> AsyncIterator[Works]:
    with (
        fresh_clone(postgres_url, upgrade) as database_url,
        own_redis() as redis,
        a_post_office() as office,
        an_installation() as installation,
    ):
        for_processes = {
            "BROKER_URL": redis.url,
            "DATABASE_URL": database_url,
            "MAIL_FROM": "tessera@example.com",
            "SECRET_KEY": SECRET,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(office.port),
            "SMTP_STARTTLS": "false",
        }
        async with (
            running(settings, database_url) as inside,
            relaying_jobs(inside, settings, redis.url),
        ):
            made = Works(inside, office, redis, installation, for_processes)
            yield made
