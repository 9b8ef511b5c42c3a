"""Entities for tests: valid, distinct, and seldom at their defaults, so that drift shows."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypedDict, Unpack

import attrs

from adapters.memory.audit import PlainAuditSigner
from adapters.memory.clock import CountingIds
from domain.access import (
    MEMBER,
    Actor,
    ApiKeyId,
    Origin,
    Permission,
    Role,
    RoleName,
    SessionId,
    UserId,
)
from domain.api_keys import ApiKey
from domain.audit import AuditEntry, AuditEntryId, SecurityEvent
from domain.auth import RefreshToken, Session
from domain.idempotency import AnswerId, KeptAnswer
from domain.jobs import Job, JobId, JobState
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId, TokenPurpose
from domain.totp import Totp, recovery_code_hash, sealing_context
from domain.users import User

CREATED = datetime(2026, 3, 1, 8, 15, 30, 123456, tzinfo=UTC)
UPDATED = datetime(2026, 3, 2, 9, 45, 1, 654321, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 23, 59, 59, 999999, tzinfo=UTC)

new_id = CountingIds()
signer = PlainAuditSigner()
numbers = count(1)


class UserFields(TypedDict, total=False):
    id: UserId
    email: str
    username: str
    full_name: str | None
    password_hash: str | None
    is_active: bool
    is_superuser: bool
    email_verified: bool
    language: str
    roles: frozenset[RoleName]
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    deleted_at: datetime | None
    deleted_by_owner: bool
    version: int


def a_user(**overrides: Unpack[UserFields]) -> User:
    number = next(numbers)
    user = User(
        id=UserId(new_id()),
        email=f"Ann.{number}@Example.com",
        username=f"ann-{number}",
        full_name="Ann Example",
        password_hash="plain:correct horse",
        email_verified=True,
        language="de",
        roles=frozenset({MEMBER}),
        created_at=CREATED,
        updated_at=UPDATED,
    )
    return attrs.evolve(user, **overrides)


class RoleFields(TypedDict, total=False):
    name: str
    description: str
    permissions: frozenset[Permission]
    created_at: datetime
    updated_at: datetime
    version: int


def a_role(**overrides: Unpack[RoleFields]) -> Role:
    role = Role(
        name=f"editor-{next(numbers)}",
        description="Edits what others wrote",
        permissions=frozenset({Permission.USERS_READ, Permission.USERS_UPDATE}),
        created_at=CREATED,
        updated_at=UPDATED,
    )
    return attrs.evolve(role, **overrides)


class SessionFields(TypedDict, total=False):
    id: SessionId
    user_id: UserId
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    ip: str | None
    user_agent: str | None


def a_session(**overrides: Unpack[SessionFields]) -> Session:
    session = Session(
        id=SessionId(new_id()),
        user_id=UserId(new_id()),
        created_at=CREATED,
        last_used_at=UPDATED,
        expires_at=CREATED + timedelta(days=30),
        ip="2001:db8::17",
        user_agent="Mozilla/5.0 (tests)",
    )
    return attrs.evolve(session, **overrides)


class RefreshTokenFields(TypedDict, total=False):
    token_hash: bytes
    session_id: SessionId
    created_at: datetime
    expires_at: datetime
    spent_at: datetime | None


def a_refresh_token(**overrides: Unpack[RefreshTokenFields]) -> RefreshToken:
    token = RefreshToken(
        token_hash=b"\x00\xff" + new_id().bytes * 2,
        session_id=SessionId(new_id()),
        created_at=CREATED,
        expires_at=CREATED + timedelta(days=14),
    )
    return attrs.evolve(token, **overrides)


class ApiKeyFields(TypedDict, total=False):
    id: ApiKeyId
    user_id: UserId
    name: str
    prefix: str
    key_hash: bytes
    permissions: frozenset[Permission]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def an_api_key(**overrides: Unpack[ApiKeyFields]) -> ApiKey:
    number = next(numbers)
    key = ApiKey(
        id=ApiKeyId(new_id()),
        user_id=UserId(new_id()),
        name=f"Import {number}",
        prefix=f"tsk_{number:08}",
        key_hash=b"\x00\xff" + new_id().bytes * 2,
        permissions=frozenset({Permission.USERS_CREATE, Permission.USERS_READ}),
        created_at=CREATED,
        expires_at=CREATED + timedelta(days=90),
        last_used_at=UPDATED,
    )
    return attrs.evolve(key, **overrides)


class OneTimeTokenFields(TypedDict, total=False):
    id: OneTimeTokenId
    purpose: TokenPurpose
    user_id: UserId
    email: str
    created_at: datetime
    expires_at: datetime
    spent_at: datetime | None


def a_one_time_token(**overrides: Unpack[OneTimeTokenFields]) -> OneTimeToken:
    token = OneTimeToken(
        id=OneTimeTokenId(new_id()),
        purpose=TokenPurpose.RESET_PASSWORD,
        user_id=UserId(new_id()),
        email=f"Ann.{next(numbers)}@Example.com",
        created_at=CREATED,
        expires_at=LATER,
    )
    return attrs.evolve(token, **overrides)


RECOVERY_CODES = tuple(f"{letter * 4}-" * 5 + letter * 4 for letter in "abc")


class TotpFields(TypedDict, total=False):
    key_id: str
    sealed_secret: bytes
    created_at: datetime
    confirmed_at: datetime | None
    last_step: int | None
    recovery_codes: frozenset[bytes]
    failures: tuple[datetime, ...]


def a_totp(user_id: UserId, **overrides: Unpack[TotpFields]) -> Totp:
    """One that is on, and has been used."""
    totp = Totp(
        user_id=user_id,
        key_id="key-1",
        sealed_secret=sealing_context(user_id) + b"\na secret of 20 bytes",
        created_at=CREATED,
        confirmed_at=UPDATED,
        last_step=59_077_000,
        recovery_codes=frozenset(recovery_code_hash(code, user_id) for code in RECOVERY_CODES),
        failures=(UPDATED, UPDATED + timedelta(seconds=1)),
    )
    return attrs.evolve(totp, **overrides)


def an_audit_entry(
    event: SecurityEvent = SecurityEvent.PASSWORD_CHANGED,
    *,
    actor: Actor | None = None,
    target_id: UserId | None = None,
    at: datetime = CREATED,
) -> AuditEntry:
    """As the service writes it, by somebody and from somewhere."""
    origin = Origin(address="2001:db8::17", user_agent="Mozilla/5.0 (tests)", request_id="r-1")
    return AuditEntry.of(
        AuditEntryId(new_id()),
        event,
        (an_actor() if actor is None else actor).calling_from(lambda: origin),
        at=at,
        target_id=UserId(new_id()) if target_id is None else target_id,
        subject="a session",
        details={"roles": ["editor", "member"], "of": {"é": None, "many": True, "number": 7}},
        salts=(signer.salt(), signer.salt()),
        sign=signer.sign,
    )


class JobFields(TypedDict, total=False):
    id: JobId
    kind: str
    queue: str
    priority: int
    state: JobState
    created_at: datetime
    due_at: datetime
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None
    last_error: str | None
    request_id: str | None


def a_job(**overrides: Unpack[JobFields]) -> Job:
    job = Job(
        id=JobId(new_id()),
        kind="tests.chore",
        queue="chores",
        priority=3,
        created_at=CREATED,
        due_at=UPDATED,
    )
    return attrs.evolve(job, **overrides)


def an_actor(
    *permissions: Permission,
    user_id: UserId | None = None,
    session_id: SessionId | None = None,
    api_key_id: ApiKeyId | None = None,
    is_superuser: bool = False,
) -> Actor:
    return Actor(
        user_id=user_id or UserId(new_id()),
        session_id=session_id or SessionId(new_id()),
        api_key_id=api_key_id,
        is_superuser=is_superuser,
        permissions=frozenset(permissions),
    )


class KeptAnswerFields(TypedDict, total=False):
    id: AnswerId
    key_id: str
    sealed_answer: bytes
    created_at: datetime


def a_kept_answer(**overrides: Unpack[KeptAnswerFields]) -> KeptAnswer:
    fields: KeptAnswerFields = {
        "id": AnswerId(new_id().bytes * 2),
        "key_id": "key-1",
        "sealed_answer": b"\x00sealed\xff",
        "created_at": CREATED,
    }
    return KeptAnswer(**(fields | overrides))
