"""A way to PostgreSQL on which one can count what passes, and which one can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
from sqlalchemy import URL, make_url


@attrs.define(eq=False)
class Relay:
    """Statements as they reach the server, by the text that was prepared for them."""

    url: str
    statements: list[str] = attrs.field(factory=list)
    breaks_at: str | None = None
    """Break what is connected when a statement of this verb comes, and let it not through."""
    _upstream: URL = attrs.field(kw_only=True)
    _port: int = attrs.field(default=0, init=False)
    _server: asyncio.Server | None = attrs.field(default=None, init=False)
    _connections: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)
    _flowing: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    @property
    def verbs(self) -> str:
        """The first word of each statement, in their order."""
        return " ".join(statement.split()[0].rstrip(";") for statement in self.statements)

    async def mend(self) -> None:
        """Listen, at the same port as ever."""
        self._flowing.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break what is connected, and refuse what comes."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def hang_up(self) -> None:
        """Break what is connected."""
        for connection in self._connections:
            connection.cancel()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        if connection is None:
            raise RuntimeError("asyncio serves each connection in a task")
        self._connections.add(connection)
        try:
            server_reader, server_writer = await self._connected()
            try:
                await asyncio.gather(
                    self._ask(reader, server_writer), self._answer(server_reader, writer)
                )
            finally:
                server_writer.transport.abort()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._connections.discard(connection)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._upstream.host, self._upstream.port or 5432
        if host:
            return await asyncio.open_connection(host, port)
        directory = Path(str(self._upstream.query["host"]))
        port = int(str(self._upstream.query.get("port", port)))
        return await asyncio.open_unix_connection(directory / f".s.PGSQL.{port}")

    async def _ask(self, client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        """Message by message, as PostgreSQL's protocol has them (version 3, chapter 55)."""
        prepared: dict[bytes, str] = {}
        bound = ""
        # The first message has no type.
        length = await client.readexactly(4)
        start = await client.readexactly(int.from_bytes(length) - 4)
        server.write(length + start)
        # Those of requests, and not the heartbeat of who listens.
        is_counted = b"\0tessera\0" in start
        while True:
            kind, length = await client.readexactly(1), await client.readexactly(4)
            body = await client.readexactly(int.from_bytes(length) - 4)
            match kind:
                case b"P":
                    name, text, _ = body.split(b"\0", 2)
                    prepared[name] = text.decode()
                case b"B":
                    _, name, _ = body.split(b"\0", 2)
                    bound = prepared[name]
                case b"E" if is_counted:
                    self._pass(bound)
                case b"Q" if is_counted:
                    self._pass(body.rstrip(b"\0").decode())
            await self._flowing.wait()
            server.write(kind + length + body)
            await server.drain()

    def _pass(self, statement: str) -> None:
        self.statements.append(statement)
        if statement.split(maxsplit=1)[0] == self.breaks_at:
            raise EOFError

    async def _answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while data := await server.read(2**16):
            await self._flowing.wait()
            client.write(data)
            await client.drain()
        raise EOFError


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[Relay]:
    upstream = make_url(url)
    relay = Relay("", upstream=upstream)
    await relay.mend()
    # Encrypted, it could not be read.
    own = upstream.set(host="127.0.0.1", port=relay._port, query={"sslmode": "disable"})
    relay.url = own.render_as_string(hide_password=False)
    try:
        yield relay
    finally:
        await relay.cut()
