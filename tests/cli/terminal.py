"""A terminal with somebody at it."""

import os
import pty
import select
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from tests.cli.commands import SETTINGS, start


@attrs.define
class Terminal:
    """The other end of it: what appears, and what is typed."""

    _master: int
    shown: str = ""

    def wait_for(self, text: str) -> None:
        while text not in self.shown:
            if not select.select([self._master], [], [], 20)[0]:
                raise TimeoutError(f"{text!r} did not appear: {self.shown!r}")
            self.shown += self._read()

    def answer(self, prompt: str, typed: str, end: str = "\n") -> None:
        self.wait_for(prompt)
        self.shown = ""
        os.write(self._master, f"{typed}{end}".encode())

    def rest(self) -> str:
        while piece := self._read():
            self.shown += piece
        return self.shown

    def _read(self) -> str:
        try:
            return os.read(self._master, 100_000).decode()
        except OSError:  # the process has left
            return ""


@attrs.define
class Sitting:
    terminal: Terminal
    out: str = ""
    status: int | None = None


@contextmanager
def at_terminal(*words: object, stdout_too: bool = False) -> Iterator[Sitting]:
    """Standard input and error are a terminal, and standard output if it is to be."""
    master, slave = pty.openpty()
    environment = {**os.environ, **SETTINGS, "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    streams = {"stdin": slave, "stderr": slave} | ({"stdout": slave} if stdout_too else {})
    with start(words, environment, **streams) as process:
        os.close(slave)
        sitting = Sitting(Terminal(master))
        try:
            yield sitting
            sitting.terminal.rest()
            if process.stdout is not None:
                sitting.out = process.stdout.read().decode()
            sitting.status = process.wait(20)
        finally:
            process.kill()
            os.close(master)
