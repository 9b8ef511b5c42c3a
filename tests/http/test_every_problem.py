"""No route documents a problem that it never answers with. That it answers with none that it does
not document, the client of these tests sees to."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Never
from urllib.parse import urlencode
from uuid import UUID

import attrs
import httpx
import pytest
from fastapi import FastAPI

from adapters.memory.clock import FixedClock
from adapters.security.access_tokens import JwtAccessTokens
from application.access.get_role import GetRoleHandler
from application.access.list_api_keys import ListApiKeysHandler
from application.audit.list_audit import ListAuditHandler
from application.audit.record_refusal import RecordRefusalHandler
from application.audit.seal_audit import SealAuditHandler
from application.auth.authenticate import AuthenticateHandler
from application.auth.get_mfa import GetMfaHandler
from application.auth.list_sessions import ListSessionsHandler
from application.auth.login import LoginHandler
from application.auth.refresh import RefreshHandler
from application.auth.reset_password import ResetPasswordHandler
from application.auth.set_up_totp import SetUpTotpHandler
from application.idempotency.answer_once import AnswerOnce
from application.items.follow_items import MOST_CONNECTIONS, FollowItems, FollowItemsHandler
from application.items.get_item import GetItemHandler
from application.items.item_feed import ItemFeed
from application.items.list_items import ListItemsHandler
from application.jobs.list_jobs import ListJobsHandler
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from application.users.get_user import GetUserHandler
from application.users.own_data import ExportOwnDataHandler
from application.users.register_user import RegisterUserHandler
from domain.access import ADMIN, ANONYMOUS, Actor, Origin, Permission, SessionId, UserId
from domain.auth import RefreshToken
from domain.errors import Conflict, Unavailable
from domain.idempotency import KeyedRequest
from domain.one_time_tokens import TokenPurpose
from entrypoints.bootstrap.running import Inside
from entrypoints.bootstrap.services import Ports, wire
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.builders import an_api_key
from tests.emptying import MigratedDatabase
from tests.http.authenticator import has_app, wrong_code
from tests.http.callers import (
    OTHER_PASSWORD,
    PASSWORD,
    Caller,
    as_holder_of,
    as_member,
    as_superuser,
)
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract, Operation, as_object
from tests.http.mailed import mailed_token
from tests.http.scene import GOOD_REQUESTS, SPARE, Good, Scene, a_scene, good_request, operations_of
from tests.http.uploads import MULTIPART, a_form
from tests.storing import store

UNDER_A_KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
UNKNOWN = "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PARAMETER = re.compile(r"\{\w+\}")
# What any route may come to, and these only if the edge itself has no time or a bug.
ASK_NOTHING = {
    "greet",
    "health",
    "live",
    "ready",
    "explain_problem",
    "list_signing_keys",
    "describe_server",
}
REFRESHING = {"refresh", "get_tokens"}
LISTING_ITEMS = {"list_items", "export_items"}
TAKING_CODES = {"login_mfa", "confirm_totp"}
ONLY_AT_THE_EDGE = {(503, "unavailable"), (500, "internal_error")}
# Refused before anything of the scene is looked at, let alone changed.
HARMLESS = {
    "bad_host",
    "conflict",
    "headers_too_large",
    "internal_error",
    "malformed_json",
    "not_acceptable",
    "not_authenticated",
    "payload_too_large",
    "unavailable",
    "unsupported_media_type",
    "validation_error",
}
AFTER_A_WHILE = {(408, "request_timeout")}


@attrs.frozen
class Case:
    operation: Operation
    scene: Scene
    settings: Settings

    @property
    def name(self) -> str:
        return str(self.operation.definition["operationId"])

    @property
    def client(self) -> Client:
        return self.scene.client

    @property
    def good(self) -> Good:
        return good_request(self.operation, self.scene)

    async def allowed(self) -> Client:
        """Somebody who may make the request."""
        if self.operation.access == "public":
            return self.client
        if self.operation.access == "permission":
            return await as_superuser(self.client)
        return self.scene.owner

    async def send(
        self, caller: Client | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The good request, but for who sends it or with which headers."""
        return await self.good.by(caller or await self.allowed(), self.operation, headers)

    async def send_body(self, content: bytes, headers: Mapping[str, str]) -> Answer:
        caller = await self.allowed()
        return await caller.request(
            self.operation.method, self.good.path, content=content, headers=headers
        )

    async def send_to(self, id_or_name: str, **params: str) -> Answer:
        """The good request, but for whom or what it names."""
        superuser = await as_superuser(self.client)
        path = _PARAMETER.sub(UNKNOWN, _PARAMETER.sub(id_or_name, self.operation.template, count=1))
        query = f"?{urlencode(params)}" if params else ""
        good = attrs.evolve(self.good, path=f"{ROOT}{path}{query}")
        return await good.by(superuser, self.operation)

    async def with_json(self, caller: Client, **changes: object) -> Answer:
        """The good request, but for some fields."""
        fields = self.good.json
        assert isinstance(fields, dict)
        return await caller.request(
            self.operation.method, self.good.path, json={**fields, **changes}
        )


Provoke = Callable[[Case], Awaitable[Answer]]


def kind_of(good: Good) -> Mapping[str, str]:
    """What the body is said to be."""
    if good.file is not None:
        return MULTIPART
    if good.csv is not None:
        return {"Content-Type": "text/csv"}
    return FORM if good.json is None else JSON


# What is wrong with the request itself.


async def bad_host(case: Case) -> Answer:
    return await case.send(headers={"Host": "not a host"})


async def headers_too_large(case: Case) -> Answer:
    return await case.send(headers={"X-Filler": "x" * 32 * 1024})


async def not_acceptable(case: Case) -> Answer:
    return await case.send(headers={"Accept": "image/png"})


async def unsupported_media_type(case: Case) -> Answer:
    return await case.send_body(b"<title>Lamp</title>", {"Content-Type": "text/xml"})


async def payload_too_large(case: Case) -> Answer:
    kinds = as_object(as_object(case.operation.definition["requestBody"])["content"])
    kind = {"Content-Type": list(kinds)[-1]} if case.good.file is None else MULTIPART
    return await case.send_body(b"{}", {**kind, "Content-Length": str(2**28 + 1)})


async def import_rejected(case: Case) -> Answer:
    return await case.send_body(b"title\n'\n''\n" + b"x" * 256, {"Content-Type": "text/csv"})


async def malformed_json(case: Case) -> Answer:
    if case.name in LISTING_ITEMS:
        return await case.send_to("", attributes="{")
    return await case.send_body(b"{", JSON)


async def validation_error(case: Case) -> Answer:
    if case.good.form is not None:
        return await (await case.allowed()).post(case.good.path, form={"username": "ann"})
    if case.good.json is not None:
        return await case.send_body(b"[]", JSON)
    if case.good.file is not None:
        return await case.send_body(a_form(field="other"), MULTIPART)
    if "{" in case.operation.template:
        return await case.send_to("%00")
    return await case.send_to("", limit="0")


# Who makes it.


async def not_authenticated(case: Case) -> Answer:
    return await case.send(case.client.bearing("junk"))


async def token_expired(case: Case) -> Answer:
    if case.name == "login_mfa":
        ports = _ports_of(case.client.inside)
        later = FixedClock(datetime.now(UTC) + timedelta(minutes=6))
        return await _send_while(case, attrs.evolve(ports, clock=later))
    if case.name in REFRESHING:
        return await _refresh_with_a_token_of(case, days=-1)
    tokens = case.client.inside.services[AuthenticateHandler].tokens
    assert isinstance(tokens, JwtAccessTokens)
    past = attrs.evolve(tokens, clock=FixedClock(datetime.now(UTC) - timedelta(hours=1)))
    token = past.issue(
        UserId(UUID(case.scene.owner.user_id)), SessionId(UUID(case.scene.session_id))
    )
    return await case.send(case.client.bearing(token.text))


async def _refresh_with_a_token_of(case: Case, *, days: int) -> Answer:
    handler = case.client.inside.services[RefreshHandler]
    secret, now = handler.refresh_secrets.fresh(), datetime.now(UTC)
    token = RefreshToken(
        token_hash=secret.token_hash,
        session_id=SessionId(UUID(case.scene.session_id)),
        created_at=now - timedelta(days=2),
        expires_at=now + timedelta(days=days),
    )
    async with handler.begin() as uow:
        await uow.refresh_tokens.add(token)
        await uow.commit()
    return await _refresh(case, secret.text)


async def _refresh(case: Case, token: str) -> Answer:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await case.client.post(case.good.path, form=form)


async def token_revoked(case: Case) -> Answer:
    if case.name == "login_mfa":
        await case.scene.owner.delete("/auth/mfa/totp", json={"password": PASSWORD})
        return await case.send()
    await case.scene.owner.post("/auth/logout")
    if case.name in REFRESHING:
        return await _refresh(case, case.scene.owner.refresh_token)
    return await case.send(case.scene.owner)


async def inactive_user(case: Case) -> Answer:
    """Of a user whose sessions live on: as between two statements of two requests."""
    handler = case.client.inside.services[RefreshHandler]
    async with handler.begin() as uow:
        user = await uow.users.get(UserId(UUID(case.scene.owner.user_id)))
        user.deactivate(at=datetime.now(UTC))
        await uow.users.save(user)
        await uow.commit()
    return await case.send(case.scene.owner)


async def invalid_credentials(case: Case) -> Answer:
    if case.name == "login":
        form = {"username": case.scene.owner.email, "password": OTHER_PASSWORD}
        return await case.client.post("/auth/login", form=form)
    if case.name == "login_mfa":
        return await case.with_json(case.client, code=wrong_code())
    return await _refresh(case, "unheard-of")


async def mfa_required(case: Case) -> Answer:
    await has_app(case.scene.owner)
    return await case.send()


async def invalid_code(case: Case) -> Answer:
    return await case.with_json(case.scene.owner, code=wrong_code())


async def totp_not_found(case: Case) -> Answer:
    await case.scene.owner.delete("/auth/mfa/totp", json={"password": PASSWORD})
    return await case.send()


async def totp_already_on(case: Case) -> Answer:
    await has_app(case.scene.owner)
    return await case.send()


async def unsupported_grant_type(case: Case) -> Answer:
    return await case.client.post(case.good.path, form={"grant_type": "client_credentials"})


async def wrong_password(case: Case) -> Answer:
    field = "current_password" if case.name == "change_password" else "password"
    return await case.with_json(case.scene.owner, **{field: OTHER_PASSWORD})


async def permission_denied(case: Case) -> Answer:
    if case.name in LISTING_ITEMS:
        return await case.scene.owner.get(case.good.path, params={"deleted": "true"})
    if case.name == "register_user":
        return await case.with_json(case.client, roles=[ADMIN])
    if case.operation.access == "in-person":
        return await case.send(case.client.bearing(case.scene.api_key))
    # Whoever may see it is told what they may not do to it.
    sees = {Permission.ITEMS_READ, Permission.USERS_READ}
    sees.discard(Permission(str(case.operation.definition["x-permission"])))
    return await case.send(await as_holder_of(case.client, *sees))


async def too_many_connections(case: Case) -> Answer:
    services = case.client.inside.services
    caller = await case.allowed()
    admission = services[AuthenticateHandler].admit(caller.token or "")
    async with AsyncExitStack() as open_:
        follower = await open_.enter_async_context(services[ItemFeed].joined())
        for _ in range(MOST_CONNECTIONS):
            following = services[FollowItemsHandler](FollowItems(follower=follower), admission)
            await open_.enter_async_context(following)
        return await case.send(caller)


async def rate_limited(case: Case) -> Answer:
    settings = case.settings.model_copy(update={"rate_limit_general": "1/1h"})
    case = attrs.evolve(case, settings=settings)
    ports = _ports_of(case.client.inside)
    caller = await case.allowed()
    with _wired(case, ports):
        # Something harmless comes first, for some requests can't be made twice.
        if caller.token is None:
            await caller.post("/auth/revoke", form={"token": "junk"})
        else:
            await caller.get("/auth/sessions")
        return await case.send(caller)


async def account_locked(case: Case) -> Answer:
    if case.name in TAKING_CODES:
        for _ in range(5):
            await case.with_json(case.scene.owner, code=wrong_code())
        return await case.send()
    settings = case.settings.model_copy(update={"rate_limit_login_account": "1/1h"})
    case = attrs.evolve(case, settings=settings)
    form = {"grant_type": "password", "username": "nobody", "password": OTHER_PASSWORD}
    with _wired(case, _ports_of(case.client.inside)):
        if case.good.form is None:
            await wrong_password(case)
            return await wrong_password(case)
        await case.client.post(case.good.path, form=form)
        return await case.client.post(case.good.path, form=form)


# What it is about.


async def not_found(case: Case) -> Answer:
    if case.name == "register_user":
        return await case.with_json(await as_superuser(case.client), roles=["unheard-of"])
    return await case.send_to("unheard-of" if "{name}" in case.operation.template else UNKNOWN)


async def role_not_found(case: Case) -> Answer:
    if case.name == "assign_roles":
        return await case.with_json(await as_superuser(case.client), roles=["unheard-of"])
    return await not_found(case)


async def version_mismatch(case: Case) -> Answer:
    return await case.send(headers={"If-Match": '"999"'})


async def email_not_verified(case: Case) -> Answer:
    strict = case.settings.model_copy(update={"require_verified_email": True})
    caller = await as_superuser(case.client)
    return await _send_while(
        attrs.evolve(case, settings=strict), _ports_of(case.client.inside), caller
    )


async def invalid_token(case: Case) -> Answer:
    return await case.with_json(case.client, token="unheard-of")


async def email_taken(case: Case) -> Answer:
    if case.name == "verify_email":
        other = await as_member(case.client)
        token = await mailed_token(case.scene.owner, TokenPurpose.CONFIRM_EMAIL, email=other.email)
        return await case.with_json(case.client, token=token)
    return await case.with_json(case.client, email=case.scene.owner.email)


async def username_taken(case: Case) -> Answer:
    other = await as_member(case.client)
    return await case.with_json(await case.allowed(), username=other.username)


async def last_superuser(case: Case) -> Answer:
    superuser = await as_superuser(case.client)
    if case.name == "delete_me":
        return await case.send(superuser)
    return await superuser.request(
        case.operation.method,
        superuser.path,
        json={"is_superuser": False} if case.name == "update_user" else None,
    )


async def reauthentication_required(case: Case) -> Answer:
    ports = _ports_of(case.client.inside)
    later = FixedClock(datetime.now(UTC) + timedelta(minutes=6))
    return await _send_while(case, attrs.evolve(ports, clock=later))


async def too_many_api_keys(case: Case) -> Answer:
    owner_id = UserId(UUID(case.scene.owner.user_id))
    handler = case.client.inside.services[RefreshHandler]
    await store(handler.begin, *(an_api_key(user_id=owner_id, expires_at=None) for _ in range(50)))
    return await case.send()


async def attachment_not_found(case: Case) -> Answer:
    item, _, _ = case.good.path.rpartition("/")
    return await (await case.allowed()).request(case.operation.method, f"{item}/{UNKNOWN}")


async def content_type_mismatch(case: Case) -> Answer:
    return await case.send_body(a_form(b"Lamp", content_type="image/png"), MULTIPART)


async def file_too_large(case: Case) -> Answer:
    settings = case.settings.model_copy(update={"upload_max_bytes": 3})
    return await _send_while(attrs.evolve(case, settings=settings), _ports_of(case.client.inside))


async def storage_quota_exceeded(case: Case) -> Answer:
    settings = case.settings.model_copy(update={"storage_quota_bytes": 3})
    return await _send_while(attrs.evolve(case, settings=settings), _ports_of(case.client.inside))


async def range_not_satisfiable(case: Case) -> Answer:
    return await case.send(headers={"Range": "bytes=1000-"})


async def role_name_taken(case: Case) -> Answer:
    return await case.with_json(await case.allowed(), name=SPARE)


async def role_built_in(case: Case) -> Answer:
    return await case.send_to("member")


async def role_in_use(case: Case) -> Answer:
    superuser = await as_superuser(case.client)
    await superuser.put(f"{case.scene.owner.path}/roles", json={"roles": [SPARE]})
    return await case.send(superuser)


async def idempotency_key_reused(case: Case) -> Answer:
    """By a request that was answered before, and was another."""

    async def fingerprint() -> bytes:
        return b"of another request, of 32 bytes."

    async def answering(begin: BeginUnitOfWork) -> bytes:
        async with begin() as uow:
            await uow.commit()
        return b"answer"

    caller = await case.allowed()
    answer_once = case.client.inside.services[AnswerOnce]
    await answer_once(_keyed(case), fingerprint, answering, _actor(caller))
    return await case.send(caller, UNDER_A_KEY)


async def idempotency_key_in_use(case: Case) -> Answer:
    caller = await case.allowed()
    async with case.client.inside.ports.hold.held(_keyed(case).answer_id(_actor(caller))):
        return await case.send(caller, UNDER_A_KEY)


def _keyed(case: Case) -> KeyedRequest:
    return KeyedRequest(operation=case.name, key=UNDER_A_KEY["Idempotency-Key"])


def _actor(caller: Client) -> Actor:
    if isinstance(caller, Caller):
        return Actor(user_id=UserId(UUID(caller.user_id)))
    return ANONYMOUS.calling_from(lambda: Origin(address="127.0.0.1"))


# What it stands on.


@attrs.frozen
class _Failing:
    """Every port that leads out of the process, failing as it is told."""

    failure: Exception
    sections: tuple[str, ...] = ()

    def __call__(self) -> Never:
        raise self.failure

    async def get(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def now(self) -> Never:
        raise self.failure

    async def after(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def find(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def find_by_api_key(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def find_deleted(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def page(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def bytes_of(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def known(self, *_: object, **__: object) -> Never:
        raise self.failure

    async def queues(self, *_: object, **__: object) -> Never:
        raise self.failure

    def stream(self, *_: object, **__: object) -> Never:
        raise self.failure


def _ports_of(inside: Inside) -> Ports:
    services = inside.services
    login, register = services[LoginHandler], services[RegisterUserHandler]
    return Ports(
        begin=login.begin,
        hold=inside.ports.hold,
        kept_answers=inside.ports.kept_answers,
        items=services[GetItemHandler].items,
        item_events=inside.ports.item_events,
        item_event_signal=inside.ports.item_event_signal,
        attachments=inside.ports.attachments,
        blobs=inside.ports.blobs,
        rights_changes=inside.ports.rights_changes,
        users=services[GetUserHandler].users,
        roles=services[GetRoleHandler].roles,
        api_keys=services[ListApiKeysHandler].api_keys,
        api_key_secrets=services[AuthenticateHandler].api_key_secrets,
        sessions=services[ListSessionsHandler].sessions,
        audit=services[ListAuditHandler].audit,
        audit_signer=services[SealAuditHandler].signer,
        jobs=services[ListJobsHandler].jobs,
        mailer=inside.ports.mailer,
        mail_templates=inside.ports.mail_templates,
        refusal_quota=services[RecordRefusalHandler].quota,
        own_data=services[ExportOwnDataHandler].own_data,
        credentials=login.credentials,
        callers=services[AuthenticateHandler].callers,
        hasher=login.hasher,
        strength=register.strength,
        access_tokens=login.complete_sign_in.access_tokens,
        refresh_secrets=login.complete_sign_in.refresh_secrets,
        mfa=services[GetMfaHandler].mfa,
        mfa_tokens=login.mfa_tokens,
        cipher=services[SetUpTotpHandler].cipher,
        one_time_token_secrets=services[ResetPasswordHandler].secrets,
        cursors=services[ListItemsHandler].cursors,
        throttle_counters=services[Throttle].counters,
        clock=login.clock,
        new_id=login.new_id,
        random_bytes=services[SetUpTotpHandler].random_bytes,
    )


async def _send_while(case: Case, ports: Ports, caller: Client | None = None) -> Answer:
    caller = caller or await case.allowed()
    with _wired(case, ports):
        return await case.send(caller)


@contextmanager
def _wired(case: Case, ports: Ports) -> Iterator[None]:
    app = _app_of(case.client)
    inside = app.state.inside
    app.state.inside = attrs.evolve(inside, services=wire(ports, case.settings))
    try:
        yield
    finally:
        app.state.inside = inside


def _app_of(client: Client) -> FastAPI:
    transport = client.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


async def _send_while_nothing_works(case: Case, failure: Exception) -> Answer:
    nothing = _Failing(failure)
    ports = attrs.evolve(
        _ports_of(case.client.inside),
        begin=nothing,
        items=nothing,
        item_events=nothing,
        attachments=nothing,
        users=nothing,
        roles=nothing,
        api_keys=nothing,
        sessions=nothing,
        audit=nothing,
        own_data=nothing,
        mfa=nothing,
        jobs=nothing,
        credentials=nothing,
    )
    if case.name == "list_permissions":
        ports = attrs.evolve(ports, callers=nothing)
    return await _send_while(case, ports)


async def unavailable(case: Case) -> Answer:
    return await _send_while_nothing_works(case, Unavailable())


async def internal_error(case: Case) -> Answer:
    return await _send_while_nothing_works(case, ZeroDivisionError())


async def conflict(case: Case) -> Answer:
    ports = _ports_of(case.client.inside)
    return await _send_while(case, attrs.evolve(ports, begin=_Failing(Conflict())))


PROVOCATIONS: Mapping[str, Provoke] = {
    "account_locked": account_locked,
    "api_key_not_found": not_found,
    "attachment_not_found": attachment_not_found,
    "bad_host": bad_host,
    "conflict": conflict,
    "content_type_mismatch": content_type_mismatch,
    "email_not_verified": email_not_verified,
    "email_taken": email_taken,
    "idempotency_key_in_use": idempotency_key_in_use,
    "idempotency_key_reused": idempotency_key_reused,
    "import_rejected": import_rejected,
    "file_too_large": file_too_large,
    "inactive_user": inactive_user,
    "headers_too_large": headers_too_large,
    "internal_error": internal_error,
    "invalid_code": invalid_code,
    "invalid_credentials": invalid_credentials,
    "invalid_token": invalid_token,
    "item_not_found": not_found,
    "last_superuser": last_superuser,
    "malformed_json": malformed_json,
    "mfa_required": mfa_required,
    "not_acceptable": not_acceptable,
    "not_authenticated": not_authenticated,
    "not_found": not_found,
    "payload_too_large": payload_too_large,
    "permission_denied": permission_denied,
    "reauthentication_required": reauthentication_required,
    "range_not_satisfiable": range_not_satisfiable,
    "rate_limited": rate_limited,
    "too_many_connections": too_many_connections,
    "role_built_in": role_built_in,
    "role_in_use": role_in_use,
    "role_name_taken": role_name_taken,
    "role_not_found": role_not_found,
    "session_not_found": not_found,
    "storage_quota_exceeded": storage_quota_exceeded,
    "token_expired": token_expired,
    "token_revoked": token_revoked,
    "too_many_api_keys": too_many_api_keys,
    "totp_already_on": totp_already_on,
    "totp_not_found": totp_not_found,
    "unavailable": unavailable,
    "unsupported_grant_type": unsupported_grant_type,
    "unsupported_media_type": unsupported_media_type,
    "user_not_found": not_found,
    "username_taken": username_taken,
    "validation_error": validation_error,
    "version_mismatch": version_mismatch,
    "wrong_password": wrong_password,
}


@pytest.mark.parametrize("name", GOOD_REQUESTS)
async def test_every_documented_problem_occurs(
    client: Client,
    contract: Contract,
    settings: Settings,
    worker_database: MigratedDatabase,
    name: str,
) -> None:
    operation = operations_of(contract)[name]
    documented = operation.problems
    if name in ASK_NOTHING:
        documented -= ONLY_AT_THE_EDGE
    scene: Scene | None = None
    # The harmless first, on one scene; each of the others finds a fresh one.
    for status, code in sorted(
        documented - AFTER_A_WHILE, key=lambda each: each[1] not in HARMLESS
    ):
        if scene is None or code not in HARMLESS:
            await worker_database.empty()
            scene = await a_scene(client, operation)
        case = Case(operation, scene, settings)
        assert (await PROVOCATIONS[code](case)).problem == (status, code)


async def test_every_route_that_reads_a_body_gives_up_one_that_stalls(
    contract: Contract, settings: Settings, database_url: str
) -> None:
    no_time = {"body_timeout": 0.05, "transfer_silence": 0.05}
    hasty = create_app(settings.model_copy(update=no_time), database_url)

    async def stalled(beginning: bytes) -> AsyncIterator[bytes]:
        yield beginning
        await asyncio.Event().wait()

    async with (
        hasty.router.lifespan_context(hasty),
        httpx.AsyncClient(transport=httpx.ASGITransport(hasty), base_url=ROOT) as http,
    ):
        client = Client(http=http, contract=contract, inside=hasty.state.inside)
        scene = await a_scene(client)

        async def problem_of(operation: Operation) -> tuple[int, str]:
            good = good_request(operation, scene)
            answer = await scene.owner.request(
                operation.method,
                good.path,
                content=stalled(b"{" if good.file is None else b"--"),
                headers=kind_of(good),
            )
            return answer.problem

        reading = [each for each in contract.operations if "408" in each.responses]
        assert len(reading) > 10
        problems = await asyncio.gather(*map(problem_of, reading))
        assert set(problems) == {(408, "request_timeout")}


def test_every_provocation_is_of_use(contract: Contract) -> None:
    documented = frozenset().union(*(each.problems for each in contract.operations))
    assert set(PROVOCATIONS) == {code for _, code in documented - AFTER_A_WHILE}
