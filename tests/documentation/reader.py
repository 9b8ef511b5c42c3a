"""Somebody who does what a page says, in a checkout of their own, and compares what they see."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import attrs

from adapters.postgres.embedded.waiting import attempts
from entrypoints.documentation.site import ROOT
from tests.free_port import free_port

PATIENCE = 60.0
OF_ITS_OWN = "In a terminal of its own"
"""The title of a block whose command goes on; the next such block ends it."""
_FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]*)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXCERPT = re.compile(r"<!-- from [^>]+ -->\n+\Z")
_ADDRESS = "127.0.0.1:8000"
_STAMPS = (".runs", ".develops")


@attrs.frozen
class Step:
    """A block of a page: a command with what it prints, or an edit."""

    line: int
    language: str
    title: str | None
    text: str
    printed: str | None = None


def steps_of(page: Path) -> list[Step]:
    """In the order of the page, without the code that is only shown. Raise `ValueError` for a block
    that is nothing to do and follows no command."""
    text = page.read_text(encoding="utf-8")
    steps: list[Step] = []
    end = 0
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        language, title, block = found[1], found[2], found[3]
        between = text[end : found.start()]
        end = found.end()
        if _EXCERPT.search(between):
            continue
        if language in {"sh", "diff"}:
            steps.append(Step(line, language, title, block))
        elif steps and steps[-1].language == "sh" and steps[-1].printed is None:
            steps[-1] = attrs.evolve(steps[-1], printed=block)
        else:
            raise ValueError(f"{page}:{line}: nobody can say whether this is so")
    return steps


def is_printed(expected: str, printed: str) -> bool:
    """Where `…` stands for anything in its line, and alone in a line for any lines."""
    pattern = "".join(
        "(?:.*\n)*?" if line.strip() == "…" else f"{_line(line)}\n"
        for line in expected.splitlines()
    )
    lines = (line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _line(expected: str) -> str:
    return ".*".join(re.escape(part) for part in expected.rstrip().split("…"))


@attrs.define
class Reader:
    checkout: Path
    port: int
    _shell: "subprocess.Popen[str]"
    _environment: dict[str, str]
    _standing: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def of(cls, checkout: Path) -> Self:
        port = free_port()
        path = f"{checkout / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        environment = kept | {
            "PATH": path,
            # In front of the sources that the virtual environment knows.
            "PYTHONPATH": str(checkout),
            "PORT": str(port),
            "BCRYPT_COST": "4",
            "COLUMNS": "100",
        }
        shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=checkout,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return cls(checkout, port, shell, environment)

    def do(self, step: Step) -> None:
        if step.language == "diff":
            self._edit(step)
        elif step.title == OF_ITS_OWN:
            self._leave_running(step)
        else:
            printed = self._run(step)
            self._compare(step, printed)

    def end(self) -> None:
        self._end_standing()
        self._shell.kill()
        self._shell.communicate()

    def _edit(self, step: Step) -> None:
        applied = subprocess.run(
            ["git", "apply", "-"],
            cwd=self.checkout,
            input=step.text,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert applied.returncode == 0, f"line {step.line} does not fit:\n{applied.stderr}"

    def _run(self, step: Step) -> str:
        """Until the first command that fails, as a reader would stop there."""
        stdin, stdout = self._shell.stdin, self._shell.stdout
        assert stdin is not None
        assert stdout is not None
        block = self.checkout.parent / "block.sh"
        block.write_text(step.text.replace(_ADDRESS, f"127.0.0.1:{self.port}"), encoding="utf-8")
        stdin.write(f"set -eo pipefail; . {block} </dev/null; set +e; echo; echo '== done =='\n")
        stdin.flush()
        printed = ""
        for line in stdout:
            if line == "== done ==\n":
                return printed.replace(f"127.0.0.1:{self.port}", _ADDRESS)
            printed += line
        raise AssertionError(f"line {step.line} fails:\n{step.text}\n{printed}")

    def _leave_running(self, step: Step) -> None:
        self._end_standing()
        output = self.checkout.parent / "standing.out"
        with output.open("wb") as file:
            self._standing = subprocess.Popen(
                ["bash", "-c", step.text],
                cwd=self.checkout,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert step.printed is not None, f"line {step.line} does not say when it is ready"
        for _ in attempts(PATIENCE):
            printed = output.read_text(encoding="utf-8")
            if is_printed(step.printed, printed.replace(f":{self.port}", ":8000")):
                return
            if self._standing.poll() is not None:
                break
        raise AssertionError(f"line {step.line} is never ready:\n{printed}")

    def _end_standing(self) -> None:
        if self._standing is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._standing.pid, signal.SIGINT)
            self._standing.wait(PATIENCE)
            self._standing = None

    def _compare(self, step: Step, printed: str) -> None:
        if step.printed is not None and not is_printed(step.printed, printed):
            raise AssertionError(
                f"line {step.line} is to print\n{step.printed}\nand prints\n{printed}"
            )


@contextmanager
def a_reader() -> Iterator[Reader]:
    """With a checkout as git would make it of the files as they are, and all installed."""
    # As root PostgreSQL runs as another account, which must get there.
    directory = Path(tempfile.mkdtemp(prefix="tessera-reader-", dir="/tmp")).resolve()
    directory.chmod(0o711)
    reader = None
    try:
        checkout = directory / "tessera"
        _check_out(checkout)
        reader = Reader.of(checkout)
        yield reader
    finally:
        if reader is not None:
            reader.end()
        shutil.rmtree(directory)


def _check_out(checkout: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            target = checkout / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    binaries = checkout / ".venv"
    binaries.mkdir()
    (binaries / "bin").symlink_to(Path(sys.prefix) / "bin")
    for stamp in _STAMPS:
        (binaries / stamp).touch()
    commit = ["-c", "user.name=Reader", "-c", "user.email=reader@example.com", "commit", "-qm", "."]
    for words in (["init", "-q"], ["add", "-A"], commit):
        subprocess.run(["git", *words], cwd=checkout, check=True)
