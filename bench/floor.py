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
from itertools import chain
from typing import TypeAlias
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import bcrypt
import uvicorn
import uvloop
from jose import jwk, jwt
from pydantic_core import from_json, to_json

from bench.bare import HEALTH, LOGIN, Connection, Message, Pool, Receive, body_of, uuid7
from bench.subjects import SUBJECTS

Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

POOL_SIZE = 32
TOKEN_LIFETIME = timedelta(minutes=15)

_ROUTES = dict(chain.from_iterable(subject.floor.items() for subject in SUBJECTS))
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
    def __init__(self, pool: Pool, secret: str) -> None:
        self._pool = pool
        self._key = jwk.construct(secret, "HS256")
        self._callers: dict[bytes, tuple[UUID, float]] = {}
        self._threads = ThreadPoolExecutor(_usable_cores())

    async def __call__(
        self, scope: MutableMapping[str, object], receive: Receive, send: Send
    ) -> None:
        path, method, headers = str(scope["path"]), str(scope["method"]), scope["headers"]
        if path == HEALTH:
            status, body = 200, b'{"status":"ok"}'
        elif path == LOGIN:
            status, body = await self._login(await body_of(receive), _headers(headers))
        else:
            caller = self._caller(_headers(headers))
            if caller is None:
                status, body = 401, b""
            else:
                parent, _, rest = path.rpartition("/")
                route = _ROUTES.get((method, path)) or _ROUTES[method, f"{parent}/"]
                status, body = await route(self._pool, caller, rest, receive)
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
        now, session_id, refresh_token = datetime.now(UTC), uuid7(), secrets.token_urlsafe(32)
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


def _matches(password: str, stored: str) -> bool:
    digest = hmac.digest(b"tessera password pre-hash v1", password.encode(), "sha256")
    return bcrypt.checkpw(base64.b64encode(digest), stored.removeprefix("hmac-sha256").encode())


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
