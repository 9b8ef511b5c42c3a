"""What the launcher finds in its way, and what it refuses to go on with."""

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import Binaries, find_binaries
from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.embedded.home import find_home
from adapters.postgres.embedded.launcher import EmbeddedPostgres
from adapters.postgres.embedded.processes import is_postmaster
from adapters.postgres.embedded.server import PidFile
from adapters.postgres.embedded.waiting import attempts
from tests.adapters.postgres.embedded.installation import (
    FAST,
    Installation,
    kill,
    only_as_root,
    recall,
    remember,
    run,
    sockets_of,
    url_from,
    wait_for_end_of,
)


@pytest.fixture
def namesakes(tmp_path: Path) -> Iterator[dict[str, int]]:
    """Processes whose numbers a stale pid file may name."""
    postgres = tmp_path / "postgres"
    postgres.symlink_to(shutil.which("sleep") or "/bin/sleep")
    with subprocess.Popen([postgres, "60"]) as alive, subprocess.Popen([postgres, "0"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        yield {"own": os.getpid(), "zombie": zombie.pid, "namesake": alive.pid}
        alive.kill()


@pytest.mark.parametrize("left_behind", ["own", "zombie", "namesake"])
async def test_a_stale_pid_file_is_no_obstacle(
    here: Installation, namesakes: dict[str, int], left_behind: str
) -> None:
    server = here.user()
    await remember(server.start())
    stale = (here.cluster / "postmaster.pid").read_text()
    server.stop()
    _, *rest = stale.splitlines()
    stale = "\n".join([str(namesakes[left_behind]), *rest])
    (here.cluster / "postmaster.pid").write_text(stale)
    (here.home / "run" / ".s.PGSQL.5432.lock").write_text(stale)

    assert await recall(server.start()) == "kept"
    server.stop()


async def test_a_pid_file_emptied_by_a_power_cut_is_no_obstacle(here: Installation) -> None:
    server = here.user()
    await remember(server.start())
    server.stop()
    (here.cluster / "postmaster.pid").touch()

    assert await recall(server.start()) == "kept"
    server.stop()


async def test_a_dropped_database_is_made_again(here: Installation) -> None:
    server = here.user()
    url = server.start()
    await run(url.replace("/tessera?", "/postgres?"), 'DROP DATABASE "tessera"')
    server.stop()

    assert await run(server.start(), "SELECT current_database()") == "tessera"
    server.stop()


async def test_a_long_or_odd_path_has_its_socket_elsewhere(here: Installation) -> None:
    odd = attrs.evolve(here, directory=here.directory.with_name("é, " * 30))
    here.directory.rename(odd.directory)
    server = odd.user()
    url = server.start()

    assert await run(url, "SELECT 1") == 1
    sockets = sockets_of(url)
    assert not sockets.is_relative_to(odd.directory)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    server.stop()
    assert not sockets.exists()
    odd.directory.rename(here.directory)


def test_a_big_log_is_put_aside(here: Installation) -> None:
    log = here.directory / "postgres.log"
    os.truncate(log, 11 * 1024 * 1024)
    server = here.user()
    server.start()
    server.stop()

    assert log.with_name("postgres.log.1").stat().st_size == 11 * 1024 * 1024
    assert 0 < log.stat().st_size < 1024 * 1024


def test_what_a_killed_process_left_can_be_erased_but_not_what_is_in_use(
    empty: Installation,
) -> None:
    with empty.another_process() as other:
        url_from(other)
        assert not empty.user().erase_unless_used()
        assert empty.has_processes()
        kill(other.pid)
        other.wait()

    assert empty.user().erase_unless_used()
    assert not empty.directory.exists()
    assert not empty.user().erase_unless_used()


def test_is_erased_by_all_who_want_it_so(empty: Installation) -> None:
    everybody = [empty.user() for _ in range(4)]
    for _ in range(5):
        empty.directory.mkdir()
        for number in range(200):
            (empty.directory / f"file-{number}").touch()
        with ThreadPoolExecutor(len(everybody)) as threads:
            for each in [threads.submit(user.erase) for user in everybody]:
                each.result()
        assert not any(empty.directory.parent.glob("postgres*"))


def test_refuses_the_data_of_another_major_version(here: Installation) -> None:
    server = here.user()
    server.start()
    server.stop()
    version = here.cluster / "PG_VERSION"
    actual = version.read_text()
    version.write_text("12\n")

    with pytest.raises(EmbeddedPostgresError, match=r"is of PostgreSQL 12, and this one is \d+"):
        server.start()
    assert not here.has_processes()
    version.write_text(actual)


def test_refuses_a_directory_where_it_may_not_write(empty: Installation) -> None:
    closed = Path("/proc/closed")
    if os.geteuid() != 0:
        closed = empty.directory / "closed"
        closed.mkdir(parents=True, mode=0o500)

    with pytest.raises(EmbeddedPostgresError, match=r"cannot start PostgreSQL in .*closed"):
        EmbeddedPostgres(closed / "postgres").start()


def test_refuses_a_cluster_on_which_somebody_else_runs_a_server(here: Installation) -> None:
    server = here.user()
    server.start()
    server.stop()
    home = find_home(here.directory, here.system_place)
    postgres = home.runnable(find_binaries()).postgres
    with (here.directory / "foreign.log").open("wb") as log:
        private = ["-c", "listen_addresses=", "-k", str(home.socket_directory())]
        home.account.launch([postgres, "-D", home.cluster, *private], log)
    for _ in attempts():
        if (state := PidFile.read(home.cluster)) is not None and state.is_ready:
            break

    with pytest.raises(EmbeddedPostgresError, match=r"another PostgreSQL \(process \d+\)"):
        server.start()

    foreign = here.server_process()
    os.kill(foreign, signal.SIGINT)
    wait_for_end_of(foreign, home.cluster)
    server.start()
    server.stop()


def test_says_why_the_server_did_not_start(here: Installation) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r'unrecognized .*"no_such_setting"'):
        here.user(FAST | {"no_such_setting": "1"}).start()
    assert not here.has_processes()


def test_says_what_to_do_where_there_is_no_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmbeddedPostgresError, match="set DATABASE_URL"):
        find_binaries(wheel="no_such_wheel", debian=tmp_path)


async def test_runs_on_the_systems_postgresql_as_well(empty: Installation) -> None:
    def of_the_system() -> Binaries:
        try:
            return find_binaries(wheel="no_such_wheel")
        except EmbeddedPostgresError:
            return find_binaries()

    server = attrs.evolve(empty.user(), find_binaries=of_the_system)
    url = server.start()

    assert await run(url, "SELECT lower('ÉÀ')") in ("éà", "ÉÀ")  # as far as its C library knows
    server.stop()


@pytest.fixture
def secluded(empty: Installation) -> Installation:
    """A checkout in a directory that only root may enter."""
    private = empty.directory.parent / "private"
    private.mkdir(mode=0o700)
    (private / "checkout" / "postgres").mkdir(parents=True)
    return attrs.evolve(empty, directory=private / "checkout" / "postgres")


@only_as_root
async def test_root_opens_no_private_directory_but_keeps_the_data_elsewhere(
    secluded: Installation,
) -> None:
    server = secluded.user()
    url = server.start()
    await remember(url)
    server.stop()

    assert secluded.home.parent == secluded.system_place
    assert Account.owning(secluded.cluster) == Account.unprivileged()
    assert stat.S_IMODE(secluded.directory.parents[1].stat().st_mode) == 0o700
    assert server.start() == url
    assert await recall(url) == "kept"
    kept = secluded.home
    server.erase()
    assert not kept.exists()


@only_as_root
def test_data_kept_elsewhere_follows_its_directory(secluded: Installation) -> None:
    original, kept = secluded.directory, secluded.home
    copied = attrs.evolve(secluded, directory=original.with_name("copied"))
    moved = attrs.evolve(secluded, directory=original.with_name("moved"))

    shutil.copytree(original, copied.directory)
    assert copied.home != kept
    original.rename(moved.directory)
    assert moved.home == kept

    # What is made at the old path is new, and the moved data stays.
    original.mkdir()
    assert secluded.home not in (kept, copied.home)
    assert moved.home == kept


@only_as_root
def test_deleted_with_its_directory_the_data_does_not_come_back(secluded: Installation) -> None:
    before = secluded.home
    shutil.rmtree(secluded.directory)
    secluded.directory.mkdir()

    assert secluded.home != before


@only_as_root
def test_says_so_when_the_data_kept_elsewhere_is_gone(secluded: Installation) -> None:
    shutil.rmtree(secluded.home)

    with pytest.raises(EmbeddedPostgresError, match="which is gone: delete"):
        secluded.user().start()


@only_as_root
async def test_root_runs_an_ordinary_users_server_as_that_user(here: Installation) -> None:
    account = Account.unprivileged()
    for path in (here.directory, *here.directory.iterdir()):
        os.chown(path, account.uid, account.gid)
    (here.directory / "postgres.log").unlink()
    server = here.user()

    assert await run(server.start(), "SELECT 1") == 1
    assert {Account.owning(path) for path in here.directory.iterdir()} == {account}
    server.stop()


def test_leaving_is_no_error_when_the_directory_is_gone(here: Installation) -> None:
    server = here.user()
    server.start()
    away = here.directory.with_name("away")
    here.directory.rename(away)

    server.stop()
    assert not here.directory.exists()

    away.rename(here.directory)
    server.start()
    server.stop()
    assert not here.has_processes()


def test_erasing_ends_the_server_under_its_users_and_deletes_the_data(here: Installation) -> None:
    server = here.user()
    server.start()
    process, cluster = here.server_process(), here.cluster
    here.user().erase()

    assert not here.directory.exists()
    assert not is_postmaster(process, cluster, cluster)
    server.stop()
