"""The floor: what uvicorn, asyncpg, python-jose and bcrypt cost by themselves.

A bare ASGI application with the same queries on a pool of the same size, in the same transactions.
What can be left out is left out: framework, validation, layers, headers, every kind of failure.
"""

import argparse
import asyncio
import base64
import gc
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import bcrypt
import uvicorn
import uvloop
from jose import jwk, jwt
from pydantic_core import from_json, to_json

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

POOL_SIZE = 32
ITEMS = "/api/v1/items"
LOGIN = "/api/v1/auth/login"
HEALTH = "/health/live"
TOKEN_LIFETIME = timedelta(minutes=15)

_COLUMNS = "id, owner_id, title, description, status, attributes, created_at, updated_at, version"
_ITEM = f"SELECT {_COLUMNS} FROM items WHERE id = $1 AND deleted_at IS NULL"  # noqa: S608 - only the columns above
_PAGE = (
    f"SELECT {_COLUMNS} FROM items WHERE deleted_at IS NULL AND owner_id = $1"  # noqa: S608 - only the columns above
    " ORDER BY created_at DESC, id DESC LIMIT $2"
)
_COUNT = "SELECT count(*) FROM items WHERE deleted_at IS NULL AND owner_id = $1"
_ADD_ITEM = f"INSERT INTO items ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1)"  # noqa: S608 - only the columns above
_CREDENTIALS = "SELECT id, password_hash FROM users WHERE email_key = $1 AND deleted_at IS NULL"
_LOCK_USER = """
    SELECT id, email, username, full_name, password_hash, is_active, is_superuser, email_verified,
        created_at, updated_at, last_login_at, deleted_at, version, array(
            SELECT role_name FROM user_roles WHERE user_id = users.id ORDER BY role_name
        ) AS roles
    FROM users WHERE id = $1 FOR NO KEY UPDATE OF users
"""
_ADD_SESSION = (
    "INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, ip, user_agent,"
    " network, device) VALUES ($1, $2, $3, $3, $4, $5, $6, $5, coalesce($6, ''))"
)
_ADD_REFRESH = (
    "INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)"
    " VALUES ($1, $2, $3, $4)"
)
_NOTE_LOGIN = "UPDATE users SET last_login_at = $2 WHERE id = $1"
_GRANTED = "SELECT name, permissions FROM roles WHERE name = ANY($1::text[])"


class Floor:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", secret: str) -> None:
        self._pool = pool
        self._key = jwk.construct(secret, "HS256")
        self._callers: dict[bytes, tuple[UUID, float]] = {}
        self._threads = ThreadPoolExecutor(_usable_cores())

    async def __call__(
        self, scope: MutableMapping[str, object], receive: Receive, send: Send
    ) -> None:
        path, method, headers = str(scope["path"]), scope["method"], scope["headers"]
        if path == HEALTH:
            status, body = 200, b'{"status":"ok"}'
        elif path == LOGIN:
            status, body = await self._login(await _body(receive), _headers(headers))
        else:
            owner_id = self._caller(_headers(headers))
            if owner_id is None:
                status, body = 401, b""
            elif path != ITEMS:
                status, body = await self._item(UUID(path.rpartition("/")[2]), owner_id)
            elif method == "POST":
                status, body = await self._create(await _body(receive), owner_id)
            else:
                status, body = await self._page(100, owner_id)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    def _caller(self, headers: Headers) -> UUID | None:
        for name, value in headers:
            if name == b"authorization":
                remembered = self._callers.get(value)
                if remembered is None:
                    remembered = self._callers[value] = self._verified(value)
                return remembered[0] if time.time() < remembered[1] else None
        return None

    def _verified(self, authorization: bytes) -> tuple[UUID, float]:
        token = authorization.decode().removeprefix("Bearer ")
        claims = jwt.decode(token, self._key, ["HS256"], options={"verify_aud": False})
        return UUID(claims["sub"]), float(claims["exp"])

    async def _item(self, item_id: UUID, owner_id: UUID) -> tuple[int, bytes]:
        connection = await self._pool.acquire()
        record = await connection.fetchrow(_ITEM, item_id)
        await self._pool.release(connection)
        if record is None or record["owner_id"] != owner_id:
            return 404, b""
        return 200, to_json(_shown(record))

    async def _page(self, limit: int, owner_id: UUID) -> tuple[int, bytes]:
        connection = await self._pool.acquire()
        records = await connection.fetch(_PAGE, owner_id, limit + 1)
        total = await connection.fetchval(_COUNT, owner_id)
        await self._pool.release(connection)
        shown = [_shown(record) for record in records[:limit]]
        last = shown[-1] if len(records) > limit else None
        cursor = last and base64.urlsafe_b64encode(f"{last['created_at']} {last['id']}".encode())
        return 200, to_json({"items": shown, "total": total, "next_cursor": cursor})

    async def _create(self, body: bytes, owner_id: UUID) -> tuple[int, bytes]:
        item = from_json(body)
        item_id, now = _uuid7(), datetime.now(UTC)
        title, description = item["title"], item["description"]
        status, attributes = item["status"], item["attributes"]
        connection = await self._pool.acquire()
        await connection.execute("BEGIN")
        await connection.execute(
            _ADD_ITEM, item_id, owner_id, title, description, status, attributes, now
        )
        await connection.execute("COMMIT")
        await self._pool.release(connection)
        shown = {
            "id": str(item_id),
            "owner_id": str(owner_id),
            "title": title,
            "description": description,
            "status": status,
            "attributes": attributes,
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        return 201, to_json(shown)

    async def _login(self, body: bytes, headers: Headers) -> tuple[int, bytes]:
        form = parse_qs(body.decode())
        connection = await self._pool.acquire()
        known = await connection.fetchrow(_CREDENTIALS, form["username"][0].casefold())
        await self._pool.release(connection)
        if known is None:
            return 401, b""
        check = asyncio.get_running_loop().run_in_executor(
            self._threads, _matches, form["password"][0], known["password_hash"]
        )
        if not await check:
            return 401, b""
        agent = next((value.decode() for name, value in headers if name == b"user-agent"), None)
        now, session_id, refresh_token = datetime.now(UTC), _uuid7(), secrets.token_urlsafe(32)
        digest = hashlib.sha256(refresh_token.encode()).digest()
        connection = await self._pool.acquire()
        await connection.execute("BEGIN")
        user = await connection.fetchrow(_LOCK_USER, known["id"])
        if user is None or user["password_hash"] != known["password_hash"]:
            await connection.execute("ROLLBACK")
            await self._pool.release(connection)
            return 401, b""
        await connection.execute(
            _ADD_SESSION,
            session_id,
            user["id"],
            now,
            now + timedelta(days=30),
            "127.0.0.1",
            agent,
        )
        await connection.execute(_ADD_REFRESH, digest, session_id, now, now + timedelta(days=14))
        await connection.execute(_NOTE_LOGIN, user["id"], now)
        granted = await connection.fetch(_GRANTED, user["roles"])
        await connection.execute("COMMIT")
        await self._pool.release(connection)
        claims = {
            "sub": str(user["id"]),
            "sid": str(session_id),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
        }
        issued = {
            "access_token": jwt.encode(claims, self._key, "HS256"),
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "refresh_token": refresh_token,
            "scope": " ".join(name for role in granted for name in role["permissions"]),
        }
        return 200, to_json(issued)


def _headers(headers: object) -> Headers:
    return headers  # type: ignore[return-value]  # ASGI says so


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]  # type: ignore[operator]  # ASGI says it is bytes
    return body  # type: ignore[return-value]  # the same


def _shown(record: asyncpg.Record) -> dict[str, object]:
    # asyncpg's own UUIDs are no exact `UUID`s, which costs the serialiser more than `str` does.
    return {**record, "id": str(record["id"]), "owner_id": str(record["owner_id"])}


def _matches(password: str, stored: str) -> bool:
    digest = hmac.digest(b"tessera password pre-hash v1", password.encode(), "sha256")
    return bcrypt.checkpw(base64.b64encode(digest), stored.removeprefix("hmac-sha256").encode())


def _uuid7() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    bits = milliseconds << 80 | random_bits
    return UUID(int=bits & ~(0xF << 76) & ~(0b11 << 62) | 7 << 76 | 0b10 << 62)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_text, decoder=from_json, format="text"
    )


async def _keep(_: object) -> None:
    """Its own way would reset each connection by a query of its own."""


def _to_text(value: object) -> str:
    return to_json(value).decode()


async def _serve(dsn: str, secret: str, port: int) -> None:
    pool = await asyncpg.create_pool(
        dsn,
        min_size=POOL_SIZE,
        max_size=POOL_SIZE,
        max_inactive_connection_lifetime=0,
        init=_prepare,
        reset=_keep,
    )
    config = uvicorn.Config(
        Floor(pool, secret),
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    # As `tessera serve` does.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    await uvicorn.Server(config).serve()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port: int = parser.parse_args().port
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(os.environ["DATABASE_URL"], os.environ["SECRET_KEY"], port))


if __name__ == "__main__":
    main()
