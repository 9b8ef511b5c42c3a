"""What a person is asked at the terminal, and how a program answers instead."""

import sys

import typer

from domain.passwords import Password
from entrypoints.cli.failures import Misused, Refused

_MAX_PASSWORD_BYTES = 4096
_YES = frozenset({"y", "yes"})
_NO = frozenset({"n", "no"})


def read_password(*, from_stdin: bool) -> Password:
    """Asked for twice, or read whole; never an argument, which everyone on the machine sees."""
    if from_stdin:
        return _password_from_stdin()
    if not sys.stdin.isatty():
        raise Misused("no terminal to ask for the password: use --password-stdin")
    return Password(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _password_from_stdin() -> Password:
    content = sys.stdin.buffer.read(_MAX_PASSWORD_BYTES + 1)
    if len(content) > _MAX_PASSWORD_BYTES:
        raise Misused(f"--password-stdin: more than {_MAX_PASSWORD_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Misused("--password-stdin: not UTF-8") from None
    return Password(text.removesuffix("\n").removesuffix("\r"))


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if the answer is yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused("no terminal to ask for a yes: use --yes")
    if (_answer(f"{question} [y/N]: ") or "").lower() not in _YES:
        raise Refused("nothing was done")


def ask(question: str, *, otherwise: str, default: str = "") -> str:
    """`otherwise` says what to do where nobody answers."""
    shown = f" [{default}]" if default else ""
    answer = _answer(f"{question}{shown}: ")
    if answer is None:
        raise Misused(f"nobody answers: {otherwise}")
    return answer or default


def is_so(question: str, *, otherwise: str, default: bool) -> bool:
    """Asked again until it is answered by yes or no."""
    shown = "Y/n" if default else "y/N"
    while True:
        answer = ask(f"{question} [{shown}]", otherwise=otherwise).lower()
        if not answer:
            return default
        if answer in _YES | _NO:
            return answer in _YES


def _answer(prompt: str) -> str | None:
    """None at the end of what there is to read."""
    # typer's own puts a space on standard output, which belongs to the answer.
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
        return None
    return line.strip()
