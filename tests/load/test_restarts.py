"""Servers are replaced one by one while they are used, and nobody notices."""

import asyncio
import json

import attrs

from domain.access import BUILT_IN_ROLES
from tests.system.service import A_SUPERUSER, API, ROOT, Installation, Server, sign_in

RESTARTS = 20
CLIENTS = 8
PAUSE = 0.01
"""Seconds, so that the one that starts has a processor to start on."""


@attrs.define
class Client:
    """Keeps its connection for as long as it is let, and goes to the other server when the one it
    is at takes no more. It repeats nothing: what was sent and not answered has failed."""

    name: str
    ports: list[int]
    token: str
    created: list[str] = attrs.field(factory=list)
    failures: list[str] = attrs.field(factory=list)

    async def __call__(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[0])
            except ConnectionRefusedError:
                self.ports.reverse()
                continue
            try:
                while not is_over.is_set() and await self._create(reader, writer):
                    pass
            except (OSError, EOFError) as error:
                self.failures.append(repr(error))
            finally:
                writer.close()

    async def _create(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is good for another."""
        await asyncio.sleep(PAUSE)
        body = json.dumps({"name": f"{self.name}-{len(self.created)}"})
        writer.write(
            f"POST {API}/roles HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, _, rest = head.partition("\r\n")
        fields = (line.partition(": ") for line in rest.splitlines())
        headers = {name.lower(): value for name, _, value in fields}
        answer = await reader.readexactly(int(headers["content-length"]))
        if status.split()[1] == "201":
            self.created.append(json.loads(answer)["name"])
        else:
            self.failures.append(f"{status}: {answer.decode()}")
        return headers.get("connection") != "close"


async def test_no_request_fails_over_20_restarts(
    installation: Installation, own_database_url: str
) -> None:
    settings = {
        "DATABASE_URL": own_database_url,
        "RATE_LIMIT_GENERAL": "off",
        # Each takes the other's tokens.
        "PUBLIC_BASE_URL": "http://127.0.0.1",
        **A_SUPERUSER,
    }
    servers = [installation.serve(**settings).wait_until_ready() for _ in range(2)]
    root = sign_in(servers[0], ROOT)
    ports = [server.port for server in servers]
    clients = [
        Client(
            f"role-{number}",
            ports[number % 2 :] + ports[: number % 2],
            root.tokens["access_token"],
        )
        for number in range(CLIENTS)
    ]
    is_over = asyncio.Event()

    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client(is_over))
        for number in range(RESTARTS):
            servers[number % 2] = await asyncio.to_thread(
                replaced, servers[number % 2], installation, settings
            )
        is_over.set()

    created = {name for client in clients for name in client.created}
    print(f"{len(created)} created over {RESTARTS} restarts")
    assert [failure for client in clients for failure in client.failures] == []
    assert all(client.created for client in clients)
    stored = servers[0].http.get(f"{API}/roles?limit=1", headers=root.headers).json()["total"]
    assert stored == len(created) + len(BUILT_IN_ROLES)


def replaced(server: Server, installation: Installation, settings: dict[str, str]) -> Server:
    server.terminate()
    assert server.status() == 0
    return installation.serve(PORT=str(server.port), **settings).wait_until_ready()
