"""Accounts: signing in, oneself, a page of everyone, and a role with its line in the trail."""

import base64
import json
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from bench.bare import HEALTH, LOGIN, Connection, Pool, Receive, body_of, uuid7
from bench.load import Load
from bench.people import ADMIN, PASSWORD, READER, WRITER, give_role, settle
from bench.subject import Subject, Tokens

OTHERS = 1_000
OWN = "/api/v1/users/me"
ACCOUNTS = "/api/v1/users"
ROLES = "/api/v1/roles"

_PAGE_SIZE = 100
# More than a few would only queue for the cores that hash.
_SIGNING_IN = 4

_SHOWN = """
    SELECT id, email, username, full_name, is_active, is_superuser, email_verified, array(
            SELECT role_name FROM user_roles WHERE user_id = users.id ORDER BY role_name
        ) AS roles, array(
            SELECT DISTINCT unnest(permissions) FROM roles
            JOIN user_roles ON role_name = name WHERE user_id = users.id
        ) AS permissions, created_at, updated_at, last_login_at, version
    FROM users WHERE deleted_at IS NULL
"""
_ONE = f"{_SHOWN} AND id = $1"
_PAGE = f"{_SHOWN} ORDER BY created_at DESC, id DESC LIMIT {_PAGE_SIZE + 1}"
_COUNT = "SELECT count(*) FROM users WHERE deleted_at IS NULL"
_ADD_ROLE = (
    "INSERT INTO roles (name, description, permissions, created_at, updated_at, version)"
    " VALUES ($1, $2, $3, $4, $4, 1)"
)
# Sealed: the service would seal what is not, and at its own cost.
_NOTE = (
    "INSERT INTO audit (id, occurred_at, event, actor_kind, actor_id, subject, details,"
    " actor_digest, target_digest, signature, sequence, seal)"
    " VALUES ($1, $2, 'role_created', 'user', $3, $4, '{}', '', '', '', $5, '')"
)
_FAR_BEHIND = 1 << 62
"""Any place in the chain that the service won't come to."""


async def _get(pool: Pool, caller: UUID, _rest: str, _receive: Receive) -> tuple[int, bytes]:
    connection = await pool.acquire()
    record = await connection.fetchrow(_ONE, caller)
    await pool.release(connection)
    return (401, b"") if record is None else (200, to_json(_as_shown(record)))


async def _page(pool: Pool, _caller: UUID, _rest: str, _receive: Receive) -> tuple[int, bytes]:
    connection = await pool.acquire()
    records = await connection.fetch(_PAGE)
    total = await connection.fetchval(_COUNT)
    await pool.release(connection)
    shown = [_as_shown(record) for record in records[:_PAGE_SIZE]]
    last = shown[-1] if len(records) > _PAGE_SIZE else None
    cursor = last and base64.urlsafe_b64encode(f"{last['created_at']} {last['id']}".encode())
    return 200, to_json({"items": shown, "total": total, "next_cursor": cursor})


async def _create_role(pool: Pool, caller: UUID, _rest: str, receive: Receive) -> tuple[int, bytes]:
    role = from_json(await body_of(receive))
    entry_id, now = uuid7(), datetime.now(UTC)
    name, description, permissions = role["name"], role["description"], role["permissions"]
    connection = await pool.acquire()
    await connection.execute("BEGIN")
    await connection.execute(_ADD_ROLE, name, description, permissions, now)
    place = _FAR_BEHIND | entry_id.int & (_FAR_BEHIND - 1)
    await connection.execute(_NOTE, entry_id, now, caller, name, place)
    await connection.execute("COMMIT")
    await pool.release(connection)
    shown = {
        "name": name,
        "description": description,
        "permissions": permissions,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    return 201, to_json(shown)


def _as_shown(record: asyncpg.Record) -> dict[str, object]:
    # asyncpg's own UUIDs are no exact `UUID`s, which costs the serialiser more than `str` does.
    return {**record, "id": str(record["id"]), "permissions": sorted(record["permissions"])}


async def _fill(connection: Connection, ids: Mapping[str, UUID]) -> None:
    await give_role(connection, "admin", [ids[ADMIN]])
    await settle(connection, [f"{number}@example.com" for number in range(OTHERS)], None)


def _compared(tokens: Tokens) -> Mapping[str, Load]:
    role = {
        "name": "role-{unique}",
        "description": "Looks after the catalogue",
        "permissions": ["roles:read", "users:read"],
    }
    form = {"username": WRITER, "password": PASSWORD}
    return {
        "health": Load(path=HEALTH),
        "account": Load(path=OWN, token=tokens[READER]),
        "accounts": Load(path=f"{ACCOUNTS}?limit={_PAGE_SIZE}", token=tokens[ADMIN]),
        "role": Load(
            method="POST",
            path=ROLES,
            body=json.dumps(role),
            content_type="application/json",
            token=tokens[ADMIN],
        ),
        "login": Load(
            method="POST",
            path=LOGIN,
            body=urllib.parse.urlencode(form),
            content_type="application/x-www-form-urlencoded",
            connections=_SIGNING_IN,
        ),
    }


ABOUT_ACCOUNTS = Subject(
    people=(READER, WRITER, ADMIN),
    fill=_fill,
    floor={
        ("GET", OWN): _get,
        ("GET", ACCOUNTS): _page,
        ("POST", ROLES): _create_role,
    },
    compared=_compared,
    ratios={"health": 0.22, "account": 0.42, "accounts": 0.40, "role": 0.27},
)
