"""The launcher with real servers that several processes use, some of them killed."""

import asyncio
import os
import stat

from adapters.postgres.embedded.launcher import running
from adapters.postgres.embedded.processes import is_postmaster
from adapters.postgres.embedded.waiting import attempts
from tests.adapters.postgres.embedded.installation import (
    FAST,
    Installation,
    kill,
    leave,
    recall,
    remember,
    run,
    sockets_of,
    url_from,
)


async def test_makes_a_database_and_finds_it_again(here: Installation) -> None:
    server = here.user()
    await remember(server.start())
    server.stop()

    assert await recall(server.start()) == "kept"
    server.stop()


async def test_is_durable_speaks_utf8_and_listens_on_a_private_socket_only(
    here: Installation,
) -> None:
    server = here.user(settings={})
    url = server.start()

    assert await run(url, "SELECT current_setting('fsync')") == "on"
    assert await run(url, "SELECT lower('ÉÀ')") == "éà"
    assert await run(url, "SELECT current_setting('TimeZone')") == "UTC"
    assert await run(url, "SELECT current_setting('listen_addresses')") == ""
    assert stat.S_IMODE(sockets_of(url).stat().st_mode) == 0o700
    assert stat.S_IMODE(here.cluster.stat().st_mode) == 0o700
    # Ctrl-C in this terminal is not for the server.
    assert os.getsid(here.server_process()) != os.getsid(0)
    server.stop()


async def test_leaves_no_process_behind(here: Installation) -> None:
    with running(here.directory, FAST, system_place=here.system_place) as url:
        assert await run(url, "SELECT 1") == 1
        process = here.server_process()

    assert not here.has_processes()
    assert not is_postmaster(process, here.cluster, here.cluster)


async def test_stops_with_the_last_process_that_uses_it(here: Installation) -> None:
    server = here.user()
    url = server.start()
    with here.another_process() as other:
        assert url_from(other) == url

        server.stop()
        assert await run(url, "SELECT 1") == 1

        leave(other)
    assert not here.has_processes()


async def test_two_users_in_one_process_count_as_two(here: Installation) -> None:
    first, second = here.user(), here.user()
    url = first.start()
    assert second.start() == url

    first.stop()
    first.stop()
    assert await run(url, "SELECT 1") == 1

    second.stop()
    assert not here.has_processes()


async def test_outlives_a_killed_user_and_is_taken_over(here: Installation) -> None:
    with here.another_process() as other:
        await remember(url_from(other))
        kill(other.pid)
    assert here.has_processes()

    server = here.user()
    assert await recall(server.start()) == "kept"
    server.stop()
    assert not here.has_processes()


async def test_recovers_when_it_is_killed_together_with_its_user(here: Installation) -> None:
    with here.another_process() as other:
        await remember(url_from(other))
        here.kill_server()
        kill(other.pid)

    server = here.user()
    assert await recall(server.start()) == "kept"
    server.stop()


async def test_a_killed_server_is_started_again_by_the_next(here: Installation) -> None:
    first, second = here.user(), here.user()
    await remember(first.start())
    here.kill_server()

    assert await recall(second.start()) == "kept"
    first.stop()
    assert await recall(second.start()) == "kept"
    second.stop()
    assert not here.has_processes()


async def test_stopping_a_killed_server_is_no_error(here: Installation) -> None:
    server = here.user()
    server.start()
    here.kill_server()

    server.stop()
    assert not here.has_processes()


async def test_a_first_start_killed_halfway_leaves_nothing_half_made(empty: Installation) -> None:
    with empty.another_process() as other:
        for _ in attempts():
            if (empty.directory / "server.lock").exists() and (empty.home / "cluster.new").exists():
                break
        kill(other.pid)
    assert not empty.cluster.exists()

    server = empty.user()
    await remember(server.start())
    server.stop()
    assert not (empty.home / "cluster.new").exists()


async def test_many_first_starts_at_once_share_one_server(empty: Installation) -> None:
    with (
        empty.another_process() as one,
        empty.another_process() as two,
        empty.another_process() as three,
    ):
        urls = [url_from(process) for process in (one, two, three)]
        assert len(set(urls)) == 1
        assert await run(urls[0], "SELECT count(*) FROM pg_database WHERE datname='tessera'") == 1
        # All leave at once, too.
        async with asyncio.TaskGroup() as leaving:
            for process in (one, two, three):
                leaving.create_task(asyncio.to_thread(leave, process))
    assert not empty.has_processes()
