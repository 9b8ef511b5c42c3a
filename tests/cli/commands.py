"""Runs commands and catches what they say: in this process, or in one of their own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import attrs

from domain.text import Json
from entrypoints.cli.main import run

PASSWORD = "correct horse battery staple"
SETTINGS = {"SECRET_KEY": "a secret of the tests, and of nobody else", "BCRYPT_COST": "4"}
SCRIPT = (sys.executable, "-m", "entrypoints.cli.main")
PROJECT = Path(__file__).parents[2]


@attrs.frozen
class Outcome:
    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Json]:
        """What `--json` printed, which is one document and nothing else."""
        assert self.status == 0, self.err
        return as_object(json.loads(self.out))

    @property
    def items(self) -> list[dict[str, Json]]:
        listed = self.document["items"]
        assert isinstance(listed, list)
        return [as_object(each) for each in listed]

    def is_refused(self, *lines: str, status: int = 1) -> bool:
        """With exactly these words, and without any on standard output."""
        said = [f"error: {line}" for line in lines]
        assert (self.status, self.out, self.err.splitlines()) == (status, "", said)
        return True


@attrs.frozen
class Cli:
    """`cli("users", "list")`"""

    def __call__(self, *words: object, stdin: bytes | str = b"") -> Outcome:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = _Stream(), _Stream()
        with redirect_stdout(out), redirect_stderr(err), _redirected_stdin(given):
            try:
                status = run([str(word) for word in words])
            except SystemExit as end:
                status = int(end.code or 0)
        return Outcome(status, out.text, err.text)

    def create_user(self, email: str, *options: str) -> dict[str, Json]:
        command = ("users", "create", email, "--password-stdin", "--json", *options)
        return self(*command, stdin=PASSWORD).document


class _Stream(io.TextIOWrapper):
    """No terminal, and with bytes below as the real ones have."""

    def __init__(self) -> None:
        self.content = io.BytesIO()
        super().__init__(self.content, encoding="utf-8", newline="\n")

    @property
    def text(self) -> str:
        self.flush()
        return self.content.getvalue().decode()


@contextmanager
def _redirected_stdin(content: bytes) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before


def start(
    words: Sequence[object], environment: Mapping[str, str] = os.environ, **streams: int
) -> "subprocess.Popen[bytes]":
    """A process of its own, to be killed, cut off, or asked at a terminal."""
    return subprocess.Popen(
        [*SCRIPT, *map(str, words)],
        cwd=PROJECT,
        env={**environment, "PYTHONWARNINGS": "error"},
        start_new_session=True,
        stdin=streams.get("stdin", subprocess.PIPE),
        stdout=streams.get("stdout", subprocess.PIPE),
        stderr=streams.get("stderr", subprocess.PIPE),
    )


def as_object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)
    return value
