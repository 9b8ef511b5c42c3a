"""The service as its users meet it: processes on a data directory, spoken to over HTTP."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

import attrs
import httpx

from adapters.postgres.embedded.launcher import EmbeddedPostgres
from adapters.postgres.embedded.waiting import attempts
from entrypoints.settings.schema import Settings
from tests.free_port import free_port

PASSWORD = "correct horse battery staple"
ROOT = "root@example.com"
A_SUPERUSER = {"FIRST_SUPERUSER_EMAIL": ROOT, "FIRST_SUPERUSER_PASSWORD": PASSWORD}
"""Settings with which somebody is there from the start who may do all."""
API = "/api/v1"

PROJECT = Path(__file__).parents[2]
_COMMAND = (sys.executable, "-m", "entrypoints.cli.main")
_PATIENCE = 30.0

Result = TypeVar("Result")


def eventually(
    attempt: Callable[[], Result | None], what: str, *, within: float = _PATIENCE
) -> Result:
    """The first result that is not None."""
    for _ in attempts(within):
        result = attempt()
        if result is not None:
            return result
    raise AssertionError(f"not within {within} s: {what}")


@attrs.define(eq=False)
class Standing:
    """A command that goes on until it is told to stop, in a session of its own as a terminal would
    have it."""

    process: "subprocess.Popen[bytes]"
    output: Path
    errors: Path

    @property
    def announcement(self) -> str:
        """Empty until it says that it is ready."""
        return self.output.read_text(encoding="utf-8")

    @property
    def complaint(self) -> str:
        return self.errors.read_text(encoding="utf-8")

    def wait_until_ready(self) -> Self:
        eventually(self._is_ready_or_gone, "a start")
        assert self.process.poll() is None, self.complaint
        return self

    def _is_ready_or_gone(self) -> bool | None:
        return bool(self.announcement) or self.process.poll() is not None or None

    def ctrl_c(self) -> None:
        """A terminal tells the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def hang_up(self) -> None:
        """What a terminal that is closed does."""
        os.killpg(self.process.pid, signal.SIGHUP)

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(_PATIENCE)

    def status(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(_PATIENCE)

    def end(self) -> None:
        if self.process.poll() is None:
            self.kill()


@attrs.define(eq=False)
class Server(Standing):
    """One `tessera serve`."""

    port: int
    _client: httpx.Client | None = attrs.field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def accepts_connections(self) -> bool:
        try:
            self.connect().close()
        except ConnectionRefusedError:
            return False
        return True

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def wait_until_closed(self) -> None:
        eventually(lambda: not self.accepts_connections() or None, "a closed port")

    @property
    def http(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(base_url=self.url, timeout=15)
        return self._client

    def end(self) -> None:
        if self._client is not None:
            self._client.close()
        super().end()


@attrs.define(eq=False)
class Installation:
    """A directory in which the service runs, with nothing of the developer's own settings."""

    directory: Path
    _standing: list[Standing] = attrs.field(factory=list, init=False)
    _runs: int = attrs.field(default=0, init=False)

    def serve(self, **settings: str) -> Server:
        """Start it, on a free port unless `PORT` names one, and do not wait."""
        port = int(settings.pop("PORT", free_port()))
        options = [f"--port={port}", f"--workers={settings.pop('WORKERS', '1')}"]
        server = Server(*self._start(["serve", *options], settings), port)
        self._standing.append(server)
        return server

    def stand(self, *arguments: str, **settings: str) -> Standing:
        """Start another command that goes on, and do not wait."""
        standing = Standing(*self._start(arguments, settings))
        self._standing.append(standing)
        return standing

    def _start(
        self, arguments: Sequence[str], settings: dict[str, str]
    ) -> "tuple[subprocess.Popen[bytes], Path, Path]":
        self._runs += 1
        output, errors = (self.directory / f"{self._runs}.{kind}" for kind in ("out", "err"))
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                [*_COMMAND, *arguments],
                cwd=self.directory,
                env=self._environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        return process, output, errors

    def refusal(self, **settings: str) -> tuple[int, list[str]]:
        """The exit status of a start that fails, and the lines that say why."""
        server = self.serve(**settings)
        status = server.status()
        assert server.announcement == ""
        return status, server.complaint.splitlines()

    def command(self, *arguments: str, **settings: str) -> str:
        """What `tessera` prints, when it is done."""
        return subprocess.run(
            [*_COMMAND, *arguments],
            cwd=self.directory,
            env=self._environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=_PATIENCE,
            check=True,
            text=True,
        ).stdout

    @property
    def postgres_directory(self) -> Path:
        return self.directory / ".tessera" / "postgres"

    @property
    def postgres(self) -> EmbeddedPostgres:
        """Another user of the database that the servers share."""
        return EmbeddedPostgres(self.postgres_directory)

    def stop_postgres(self, how: signal.Signals) -> None:
        """Behind the back of all that use it."""
        pid_file = self.postgres_directory / "cluster" / "postmaster.pid"
        os.kill(int(pid_file.read_text().partition("\n")[0]), how)
        if how is not signal.SIGKILL:
            eventually(lambda: not pid_file.exists() or None, "an end of PostgreSQL")

    @contextmanager
    def frozen_postgres(self) -> Iterator[None]:
        """Connections stand, and nothing comes over them."""
        serving = [
            pid
            for pid, command in self.processes().items()
            if command.startswith("postgres:") or "bin/postgres " in command
        ]
        assert len(serving) > 1
        try:
            _signal_all(serving, signal.SIGSTOP)
            yield
        finally:
            _signal_all(serving, signal.SIGCONT)

    def processes(self) -> dict[int, str]:
        """Whatever lives that was started in this directory or keeps its data in it."""
        living = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                traces = (
                    (process / "cmdline").read_bytes(),
                    (process / "environ").read_bytes(),
                    os.fsencode((process / "cwd").readlink()),
                )
            except OSError:
                continue  # it ended just now, or is another account's
            # multiprocessing's own helper goes a moment after the process it helps.
            if b"resource_tracker" in traces[0]:
                continue
            if any(os.fsencode(self.directory) in trace for trace in traces):
                living[int(process.name)] = traces[0].replace(b"\0", b" ").decode()
        return living

    def end(self) -> None:
        for each in self._standing:
            each.end()
        # Workers whose supervisor was killed.
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.postgres.erase()
        shutil.rmtree(self.directory)

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        names = {name.upper() for name in Settings.model_fields}
        names |= {f"{name}_FILE" for name in names}
        kept = {name: value for name, value in os.environ.items() if name not in names}
        # What is tested is not how long a password takes to hash.
        return kept | {"PYTHONPATH": str(PROJECT), "BCRYPT_COST": "4"} | settings


def _signal_all(pids: Iterable[int], how: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # its connection has just been closed
            os.kill(pid, how)


@contextmanager
def an_installation() -> Iterator[Installation]:
    """An empty one, gone afterwards with all that runs in it."""
    # As root PostgreSQL runs as another account, which must get there: not below pytest's own
    # private directory, then.
    directory = Path(tempfile.mkdtemp(prefix="tessera-system-", dir="/tmp")).resolve()
    directory.chmod(0o711)
    installation = Installation(directory)
    try:
        yield installation
    finally:
        installation.end()


@attrs.frozen
class Person:
    """Somebody with an account, signed in."""

    email: str
    tokens: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


def sign_up(server: Server, email: str) -> Person:
    answer = server.http.post(f"{API}/users", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return sign_in(server, email)


def sign_in(server: Server, email: str) -> Person:
    form = {"username": email, "password": PASSWORD}
    answer = server.http.post(f"{API}/auth/login", data=form)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return Person(email, tokens)
