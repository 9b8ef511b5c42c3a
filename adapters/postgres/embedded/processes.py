"""What is known of a process by its number."""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")
_DEAD_STATES = "ZX"


def is_postmaster(pid: int, cluster: Path, said_to_serve: Path) -> bool:
    """Whether that process is a PostgreSQL at work on this cluster. Numbers are used again, a
    killed server may stay as a zombie for as long as nobody reaps it, and a copied directory
    brings along the pid file of the original."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False  # another account's process cannot have our private directory open
    state, name = _linux_state(pid) if (_PROC / "self" / "stat").exists() else _ps_state(pid)
    if state in _DEAD_STATES or name != "postgres":
        return False
    try:
        return (_PROC / str(pid) / "cwd").samefile(cluster)
    except OSError:
        return said_to_serve == cluster  # no /proc, or no right to look


def _linux_state(pid: int) -> tuple[str, str]:
    try:
        head, _, rest = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return "X", ""
    return rest.split()[0], head.partition("(")[2]


def _ps_state(pid: int) -> tuple[str, str]:
    answer = subprocess.run(
        ["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, command = answer.stdout.strip().partition(" ")
    return state[:1] or "X", Path(command.strip()).name
