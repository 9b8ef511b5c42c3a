"""The files of a cluster: made whole, or not at all."""

import os
import shutil
from pathlib import Path

from adapters.postgres.embedded.binaries import Binaries
from adapters.postgres.embedded.failure import EmbeddedPostgresError, last_complaint
from adapters.postgres.embedded.home import Home

_BUILTIN_LOCALES_SINCE = 17


def make_cluster(home: Home, binaries: Binaries, *, durable: bool, lock: int) -> None:
    """Beside its place, and moved there when it is done: an interrupted start leaves nothing that
    looks like a cluster. `lock` is kept by initdb as well, which may outlive this process."""
    draft = home.path / "cluster.new"
    command: list[str | Path] = [binaries.initdb, "-D", draft, "-U", "postgres"]
    command += ["--auth=trust", "--encoding=UTF8", *([] if durable else ["--no-sync"])]
    complaint = ""
    for locale in _locales(binaries.version().major):
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        home.account.own(draft)
        answer = home.account.run([*command, *locale], keep_open=[lock])
        if answer.returncode == 0:
            draft.rename(home.cluster)
            if durable:
                _sync(home.path)
            return
        complaint = last_complaint(answer.stdout)
        if "locale" not in complaint:
            break
    raise EmbeddedPostgresError(f"PostgreSQL could not make its data: {complaint}")


def must_be_of(binaries: Binaries, home: Home) -> None:
    made_by = (home.cluster / "PG_VERSION").read_text().strip()
    major = str(binaries.version().major)
    if made_by != major:
        raise EmbeddedPostgresError(
            f"the data in {home.cluster} is of PostgreSQL {made_by}, and this one is {major}:"
            f" bring it over with pg_dump of {made_by}, or delete it to start afresh"
        )


def _locales(major: int) -> list[list[str]]:
    """The first that works: UTF-8 by code point everywhere, and not every system has a locale of
    that name."""
    if major < _BUILTIN_LOCALES_SINCE:
        return [["--locale=C.UTF-8"], ["--locale=C"]]
    builtin = "--locale-provider=builtin"
    return [
        [builtin, "--locale=C.UTF-8"],
        [builtin, "--builtin-locale=C.UTF-8", "--locale=C"],
    ]


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
