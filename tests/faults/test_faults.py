"""Whatever is killed, and however the mail server takes it: nothing acknowledged is lost, whether
the servers run the jobs or hand them to workers by Redis.

Each round breaks one thing while people sign up, and the mail server is in one of its moods. What
holds is looked at after every few rounds, once all has been well again for long enough.
"""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import TypeAlias

import asyncpg
import attrs

from adapters.postgres.embedded.launcher import EmbeddedPostgres
from application.jobs.run_jobs import JobLimits
from tests.faults.crowd import Crowd
from tests.free_port import free_port
from tests.post_office import Mood, PostOffice, a_post_office
from tests.redis_server import RedisServer, own_redis
from tests.system.service import Installation, Server, Standing, eventually

ROUNDS_BETWEEN_LOOKS = 10
DRAINED_WITHIN = 30.0
SERVERS = 2
CONCURRENCY = JobLimits().concurrency
WORKERS = 2
# Of each worker; there have to be some left while the mail server lets others hang.
PROCESSES = 3

_COMMITTED = "SELECT email FROM users"
# Of each account all that its sign-up writes, and once.
_HALF_DONE = """
    SELECT users.email FROM users WHERE
        (SELECT count(*) FROM user_roles WHERE user_id = users.id) <> 1
        OR (SELECT count(*) FROM one_time_tokens WHERE user_id = users.id) <> 1
        OR (SELECT count(*) FROM audit WHERE target_id = users.id AND event = 'signed_up') <> 1
"""
_STRAY = """
    SELECT target_id FROM audit WHERE event = 'signed_up' AND target_id NOT IN
        (SELECT id FROM users)
"""
# Whatever they had done by then is to be rolled back.
_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name ~ '^tessera(/|$)' AND state <> 'idle'
"""
_JOBS = "SELECT state, count(*) FROM jobs WHERE kind = 'mail.send' GROUP BY state"


@attrs.define(eq=False)
class Town:
    """All there is, and what can be done to it."""

    installation: Installation
    postgres: EmbeddedPostgres
    office: PostOffice
    url: str
    redis: RedisServer | None
    """None where the servers run the jobs themselves."""
    servers: list[Server] = attrs.field(factory=list)
    workers: list[Standing] = attrs.field(factory=list)
    logs: list[Path] = attrs.field(factory=list)
    """Of all processes there ever were."""
    killed: list[float] = attrs.field(factory=list)
    """When those who send mails were."""

    def open(self) -> None:
        self.servers[:] = [self.serve(free_port()) for _ in range(SERVERS)]
        if self.redis is not None:
            self.workers[:] = [self.hire() for _ in range(WORKERS)]
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        for each in (*self.servers, *self.workers):
            each.wait_until_ready()
            if each.errors not in self.logs:
                self.logs.append(each.errors)

    def serve(self, port: int) -> Server:
        return self.installation.serve(PORT=str(port), **self.settings)

    def hire(self) -> Standing:
        return self.installation.stand("worker", "--concurrency", str(PROCESSES), **self.settings)

    @property
    def settings(self) -> dict[str, str]:
        settings = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.office.port),
            "SMTP_STARTTLS": "false",
            "MAIL_FROM": "tessera@example.com",
            "RATE_LIMIT_SIGNUP": "off",
            "RATE_LIMIT_GENERAL": "off",
            "LOG_LEVEL": "warning",
        }
        return settings if self.redis is None else settings | {"BROKER_URL": self.redis.url}

    @property
    def mails_at_once(self) -> int:
        return CONCURRENCY * SERVERS if self.redis is None else PROCESSES * WORKERS

    def kill_servers(self) -> None:
        """All of them, so that nobody is left who could go on with their work."""
        _kill(self.servers)
        if self.redis is None:
            self.killed.append(time.monotonic())
        self.servers[:] = [self.serve(server.port) for server in self.servers]
        self.wait_until_ready()

    def kill_workers(self) -> None:
        _kill(self.workers)
        self.killed.append(time.monotonic())
        self.workers[:] = [self.hire() for _ in self.workers]
        self.wait_until_ready()

    def ask(self, query: str) -> list[asyncpg.Record]:
        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url)
            try:
                return list(await connection.fetch(query))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def mails(self) -> dict[str, int]:
        """How many there are in each state."""
        return {record["state"]: record["count"] for record in self.ask(_JOBS)}

    def retry_the_dead(self) -> int:
        """As whoever looks after them does."""
        listed = self.installation.command("jobs", "list", "--state", "dead", "--json")
        dead = json.loads(listed)["items"]
        for job in dead:
            assert "550" in job["last_error"], job
            self.installation.command("jobs", "retry", job["id"])
        return len(dead)


def _kill(processes: Sequence[Standing]) -> None:
    for each in processes:
        each.process.kill()
    for each in processes:
        each.status()


def kills_between_commit_and_mail(town: Town, crowd: Crowd) -> None:
    before = len(crowd.acknowledged)
    eventually(lambda: len(crowd.acknowledged) > before or None, "one more")
    town.kill_servers()


def kills_in_the_middle_of_mails(town: Town, crowd: Crowd) -> None:
    with town.office.holding():
        # More than one of them runs at once: each has some.
        enough = CONCURRENCY * (SERVERS - 1) + 1
        eventually(lambda: town.office.held >= enough or None, "mails half sent")
        town.kill_servers()


def kills_workers_in_the_middle_of_mails(town: Town, crowd: Crowd) -> None:
    with town.office.holding():
        eventually(lambda: town.office.held >= 2 or None, "mails half sent")
        town.kill_workers()


def kills_redis(town: Town, crowd: Crowd) -> None:
    assert town.redis is not None
    town.redis.kill()
    some_more(crowd)
    town.redis.start()


def kills_postgres(town: Town, crowd: Crowd) -> None:
    town.installation.stop_postgres(signal.SIGKILL)
    town.postgres.start()


def cuts_transactions_and_restarts_postgres(town: Town, crowd: Crowd) -> None:
    cut = 0

    def are_cut() -> bool | None:
        nonlocal cut
        cut += len(town.ask(_CUT))
        return cut >= 20 or None

    eventually(are_cut, "transactions that were going on")
    town.installation.stop_postgres(signal.SIGINT)
    town.postgres.start()


Fault: TypeAlias = Callable[[Town, Crowd], None]
FAULTS: Sequence[Fault] = (
    kills_between_commit_and_mail,
    kills_postgres,
    kills_in_the_middle_of_mails,
    cuts_transactions_and_restarts_postgres,
)
FAULTS_WITH_WORKERS: Sequence[Fault] = (
    kills_workers_in_the_middle_of_mails,
    kills_redis,
    kills_between_commit_and_mail,
    kills_postgres,
)
# Five and four: after twenty rounds of a test each was there with each.
MOODS = (Mood.REFUSES_FOR_NOW, Mood.HANGS, Mood.DROPS, Mood.ABSENT, Mood.REFUSES_FOR_GOOD)


def test_nothing_acknowledged_is_lost(installation: Installation, rounds: int) -> None:
    with a_post_office() as office:
        postgres = installation.postgres
        hold_out(Town(installation, postgres, office, postgres.start(), None), FAULTS, rounds)


def test_nothing_acknowledged_is_lost_by_workers(installation: Installation, rounds: int) -> None:
    with a_post_office() as office, own_redis() as redis:
        postgres = installation.postgres
        town = Town(installation, postgres, office, postgres.start(), redis)
        hold_out(town, FAULTS_WITH_WORKERS, rounds)


def hold_out(town: Town, faults: Sequence[Fault], rounds: int) -> None:
    town.open()
    crowd = Crowd(town.servers)
    for first in range(0, rounds, ROUNDS_BETWEEN_LOOKS):
        with crowd.pressing_in():
            for number in range(first, min(first + ROUNDS_BETWEEN_LOOKS, rounds)):
                play(town, crowd, faults[number % len(faults)], MOODS[number % len(MOODS)])
        must_hold(town, crowd)
    for log in town.logs:
        assert "Traceback" not in log.read_text(encoding="utf-8")
    assert set(crowd.statuses) <= {201, 409, 503}, crowd.statuses
    print(f"{crowd.statuses=} {crowd.broken=} {town.office.moods=}")
    standing = [*town.workers, *town.servers]
    for each in standing:
        each.terminate()
    assert {each.status() for each in standing} == {0}


def play(town: Town, crowd: Crowd, fault: Fault, mood: Mood) -> None:
    began = time.monotonic()
    town.office.be(mood)
    some_more(crowd)
    fault(town, crowd)
    some_more(crowd)
    town.office.be(Mood.GOOD)
    print(f"{fault.__name__} while mail {mood.name}: {time.monotonic() - began:.1f} s", flush=True)


def some_more(crowd: Crowd) -> None:
    """The service serves."""
    enough = len(crowd.acknowledged) + 5
    eventually(lambda: len(crowd.acknowledged) >= enough or None, "people who sign up")


def must_hold(town: Town, crowd: Crowd) -> None:
    recovered = time.monotonic()
    revived = town.retry_the_dead()

    def is_drained() -> bool | None:
        return town.mails().keys() == {"finished"} or None

    eventually(is_drained, "an empty outbox", within=DRAINED_WITHIN)
    took = time.monotonic() - recovered
    committed = {record["email"] for record in town.ask(_COMMITTED)}
    mailed = {receipt.recipient for receipt in town.office.receipts}
    assert crowd.acknowledged.keys() <= committed, "what was acknowledged is there"
    assert committed <= mailed, "none is lost"
    assert mailed <= committed, "none is sent for what was rolled back"
    assert town.ask(_HALF_DONE) == []
    assert town.ask(_STRAY) == []
    assert town.mails() == {"finished": len(committed)}
    doubled = must_be_repeated_for_a_reason(town)
    print(f"{len(committed)} mailed, {doubled} again, {revived} revived, drained in {took:.1f} s")


def must_be_repeated_for_a_reason(town: Town) -> int:
    """One more for each kill that it was under way at, and for each that was taken in silence; and
    always the same mail."""
    receipts = sorted(town.office.receipts, key=lambda each: (each.recipient, each.at))
    by_kill: Counter[float] = Counter()
    doubled = 0
    for _, sent in groupby(receipts, key=lambda each: each.recipient):
        copies = list(sent)
        assert len({each.message_id for each in copies}) == 1
        doubled += len(copies) - 1
        for copy, again in pairwise(copies):
            if copy.is_disowned:
                continue
            kills = [at for at in town.killed if copy.at <= at <= again.at]
            assert kills, "sent twice for no reason"
            by_kill[kills[0]] += 1
    assert all(count <= town.mails_at_once for count in by_kill.values()), by_kill
    assert len({each.message_id for each in receipts}) == len({each.recipient for each in receipts})
    return doubled
