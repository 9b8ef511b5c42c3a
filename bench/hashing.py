"""A crowd that signs in: what the server makes of bcrypt, and what it leaves for everyone else."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import attrs
import bcrypt

from adapters.security.passwords import DEFAULT_COST
from adapters.security.threads import usable_cores
from bench.bare import HEALTH
from bench.load import Load, Run, drive
from bench.servers import Server

CROWD = 40
_LIVE = Load(path=HEALTH, connections=1, pause=20)


@attrs.frozen(kw_only=True)
class Hashing:
    """Bare bcrypt in as many threads as there are cores, and right after it the crowd."""

    bare: float
    """Hashes per second."""
    logins: Run
    live: Run
    """Who asks some fifty times a second whether the server lives."""

    @property
    def ratio(self) -> float:
        return self.logins.rate / self.bare

    @classmethod
    def measure(cls, login: Load, server: Server, seconds: int) -> "Hashing":
        crowd = attrs.evolve(login, connections=CROWD, is_too_much=True)
        bare = _bare_rate(seconds)
        with ThreadPoolExecutor() as pool:
            logins = pool.submit(drive, crowd, server, seconds)
            live = pool.submit(drive, _LIVE, server, seconds)
            return cls(bare=bare, logins=logins.result(), live=live.result())


def figures(runs: Sequence[Hashing]) -> dict[str, float]:
    """Medians over the rounds."""
    return {
        "bcrypt_per_second": median(run.bare for run in runs),
        "logins_per_second": median(run.logins.rate for run in runs),
        "ratio": median(run.ratio for run in runs),
        "refused_per_second": median(run.logins.refused / run.logins.seconds for run in runs),
        "live_p50": median(run.live.p50 for run in runs),
        "live_p99": median(run.live.p99 for run in runs),
    }


def _bare_rate(seconds: int) -> float:
    """As wrk counts: from a standing start, and only what is done in time."""
    done: list[None] = []
    salt = bcrypt.gensalt(DEFAULT_COST)
    until = time.perf_counter() + seconds

    def hash_until() -> None:
        while True:
            bcrypt.hashpw(b"x" * 44, salt)
            if time.perf_counter() > until:
                return
            done.append(None)

    threads = [threading.Thread(target=hash_until) for _ in range(usable_cores())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(done) / seconds
