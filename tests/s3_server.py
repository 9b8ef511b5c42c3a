"""An S3 on this machine, which can be killed."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import httpx

from adapters.postgres.embedded.waiting import attempts
from adapters.storage.s3 import S3Settings
from tests.free_port import free_port

_PATIENCE = 30.0
_SERVER = (sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p")
# Whoever started it holds the other end of what it reads: it ends with them, however they end.
_WATCHED = '"$@" & read _; kill -9 $!'
_NAMES = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}


@attrs.define(eq=False)
class S3Server:
    log: Path
    port: int = attrs.field(factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = attrs.field(default=None, init=False)
    _buckets: int = attrs.field(default=0, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """And wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", _WATCHED, "sh", *_SERVER, str(self.port)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in attempts(_PATIENCE):
            try:
                httpx.get(self.url, timeout=5)
            except httpx.TransportError:
                continue
            return
        raise AssertionError(f"no S3: {self.log.read_text()}")

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def fresh_bucket(self) -> str:
        self._buckets += 1
        bucket = f"bucket-{self._buckets}"
        httpx.put(f"{self.url}/{bucket}").raise_for_status()
        return bucket

    def settings(self, bucket: str) -> S3Settings:
        return S3Settings(
            bucket=bucket,
            prefix="some/where",
            endpoint=self.url,
            region="us-east-1",
            access_key_id="a key",
            secret_access_key="and its secret",
        )

    def unfinished_uploads(self, bucket: str) -> int:
        answer = httpx.get(f"{self.url}/{bucket}?uploads").raise_for_status()
        listed = ET.fromstring(answer.text)  # noqa: S314 - of our own server
        return len(listed.findall("s3:Upload", _NAMES))


@contextmanager
def s3_server() -> Iterator[S3Server]:
    with tempfile.NamedTemporaryFile() as log:
        server = S3Server(Path(log.name))
        try:
            server.start()
            yield server
        finally:
            server.kill()
