"""More is asked than can be done: some are sent away at once, and the others hardly wait."""

import asyncio
import ssl
import time
from contextlib import AsyncExitStack

import attrs
import httpx

from tests.system.service import A_SUPERUSER, API, ROOT, Installation, sign_in

SECONDS = 4.0
CLIENTS = 64
ACCOUNTS = 200
LONGEST_WAIT = 1.0
"""Of 99 in 100 who are let in."""
# Few are let in, so that few are already too many; how many it takes is a setting.
SMALL = {"DATABASE_POOL_SIZE": "2", "DATABASE_QUEUE_SIZE": "8", "RATE_LIMIT_GENERAL": "off"}


@attrs.define
class Crowd:
    waits: list[float] = attrs.field(factory=list)
    sent_away: list[httpx.Response] = attrs.field(factory=list)
    others: list[httpx.Response] = attrs.field(factory=list)

    def note(self, answer: httpx.Response, seconds: float) -> None:
        match answer.status_code:
            case 200:
                self.waits.append(seconds)
            case 503:
                self.sent_away.append(answer)
            case _:
                self.others.append(answer)


async def test_the_excess_is_sent_away_and_the_rest_is_served_in_time(
    installation: Installation, own_database_url: str
) -> None:
    settings = {"DATABASE_URL": own_database_url, **SMALL, **A_SUPERUSER}
    server = installation.serve(**settings).wait_until_ready()
    headers = sign_in(server, ROOT).headers
    rows = installation.directory / "users.csv"
    rows.write_text("email\n" + "".join(f"user{n}@example.com\n" for n in range(ACCOUNTS)))
    installation.command("users", "import", str(rows), DATABASE_URL=own_database_url)

    crowd = Crowd()
    until = time.perf_counter() + SECONDS
    # Made once: it takes longer to make than a request to be answered.
    trust = ssl.create_default_context()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            client = httpx.AsyncClient(base_url=server.url, headers=headers, verify=trust)
            group.create_task(ask_until(until, await stack.enter_async_context(client), crowd))

    waits = sorted(crowd.waits)
    print(f"{len(waits)} served, {len(crowd.sent_away)} sent away")
    assert not crowd.others
    assert waits
    assert waits[int(len(waits) * 0.99)] <= LONGEST_WAIT
    assert crowd.sent_away
    for refused in crowd.sent_away:
        assert refused.json()["code"] == "unavailable"
        assert int(refused.headers["retry-after"]) >= 1
    assert server.http.get(f"{API}/users", headers=headers).status_code == 200


async def ask_until(until: float, client: httpx.AsyncClient, crowd: Crowd) -> None:
    while time.perf_counter() < until:
        began = time.perf_counter()
        answer = await client.get(f"{API}/users", params={"sort": "username"})
        crowd.note(answer, time.perf_counter() - began)
