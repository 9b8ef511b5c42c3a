"""No route documents a problem that it never answers with. That it answers with none that it does
not document, the client of these tests sees to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import get_type_hints
from uuid import UUID

import attrs
import httpx
import pytest

from adapters.memory.clock import FixedClock
from adapters.security.access_tokens import JwtAccessTokens
from application.idempotency.answer_once import AnswerOnce
from application.unit_of_work import BeginUnitOfWork
from domain.access import ANONYMOUS, Actor, Origin, Permission, SessionId, UserId
from domain.errors import Conflict, Unavailable
from domain.idempotency import KeyedRequest
from entrypoints.bootstrap.services import Ports
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.emptying import MigratedDatabase
from tests.http.callers import (
    OTHER_PASSWORD,
    Caller,
    as_holder_of,
    as_superuser,
    with_api_key,
)
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract, Operation
from tests.http.every_route import (
    GOOD_REQUESTS,
    a_scene,
    feature_of,
    good_request,
    operations_of,
)
from tests.http.features import FEATURES
from tests.http.provoking import Case, Provoke, failing
from tests.http.scene import Good, Scene

UNDER_A_KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
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


def kind_of(good: Good) -> Mapping[str, str]:
    """What the body is said to be."""
    if good.content_type is not None:
        return {"Content-Type": good.content_type}
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
    headers = {**kind_of(case.good), "Content-Length": str(2**28 + 1)}
    return await case.send_body(case.good.content or b"{}", headers)


async def malformed_json(case: Case) -> Answer:
    return await case.send_body(b"{", JSON)


async def validation_error(case: Case) -> Answer:
    if case.good.form is not None:
        return await (await case.allowed()).post(case.good.path, form={"username": "ann"})
    if case.good.json is not None:
        return await case.send_body(b"[]", JSON)
    if "{" in case.operation.template:
        return await case.send_to("%00")
    return await case.send_to("", limit="0")


# Who makes it.


async def not_authenticated(case: Case) -> Answer:
    return await case.send(case.client.bearing("junk"))


async def token_expired(case: Case) -> Answer:
    tokens = case.ports.access_tokens
    assert isinstance(tokens, JwtAccessTokens)
    past = attrs.evolve(tokens, clock=FixedClock(datetime.now(UTC) - timedelta(hours=1)))
    session = (await case.scene.owner.get("/auth/sessions")).items[0]
    token = past.issue(case.owner_id, SessionId(UUID(str(session["id"]))))
    return await case.send(case.client.bearing(token.text))


async def token_revoked(case: Case) -> Answer:
    await case.scene.owner.post("/auth/logout")
    return await case.send(case.scene.owner)


async def inactive_user(case: Case) -> Answer:
    """Of a user whose sessions live on: as between two statements of two requests."""
    async with case.ports.begin() as uow:
        user = await uow.users.get(case.owner_id)
        user.deactivate(at=datetime.now(UTC))
        await uow.users.save(user)
        await uow.commit()
    return await case.send(case.scene.owner)


async def wrong_password(case: Case) -> Answer:
    field = "current_password" if case.operation.id == "change_password" else "password"
    return await case.with_json(case.scene.owner, **{field: OTHER_PASSWORD})


async def permission_denied(case: Case) -> Answer:
    if case.operation.access == "in-person":
        return await case.send(await with_api_key(case.scene.owner, Permission.USERS_READ))
    # Whoever may see it is told what they may not do to it.
    sees = {permission for permission in Permission if permission.endswith(":read")}
    sees.discard(Permission(str(case.operation.definition["x-permission"])))
    return await case.send(await as_holder_of(case.client, *sees))


async def rate_limited(case: Case) -> Answer:
    caller = await case.allowed()
    with case.under(rate_limit_general="1/1h").wired(case.ports):
        # Something harmless comes first, for some requests can't be made twice.
        if caller.token is None:
            await caller.post("/auth/revoke", form={"token": "junk"})
        else:
            await caller.get("/auth/sessions")
        return await case.send(caller)


async def account_locked(case: Case) -> Answer:
    with case.under(rate_limit_login_account="1/1h").wired(case.ports):
        await wrong_password(case)
        return await wrong_password(case)


async def reauthentication_required(case: Case) -> Answer:
    later = FixedClock(datetime.now(UTC) + timedelta(minutes=6))
    return await case.send_while(attrs.evolve(case.ports, clock=later))


async def email_not_verified(case: Case) -> Answer:
    strict = case.under(require_verified_email=True)
    return await strict.send_while(case.ports, await as_superuser(case.client))


# What went before.


async def version_mismatch(case: Case) -> Answer:
    return await case.send(headers={"If-Match": '"999"'})


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
    async with case.ports.hold.held(_keyed(case).answer_id(_actor(caller))):
        return await case.send(caller, UNDER_A_KEY)


def _keyed(case: Case) -> KeyedRequest:
    return KeyedRequest(operation=case.operation.id, key=UNDER_A_KEY["Idempotency-Key"])


def _actor(caller: Client) -> Actor:
    if isinstance(caller, Caller):
        return Actor(user_id=UserId(UUID(caller.user_id)))
    return ANONYMOUS.calling_from(lambda: Origin(address="127.0.0.1"))


# What it stands on.

# Those that hold the data, but for what tells who calls.
OUTSIDE = [
    "begin",
    *(
        name
        for name, port in get_type_hints(Ports).items()
        if port.__name__.endswith("Reader") and name != "callers"
    ),
]


async def unavailable(case: Case) -> Answer:
    return await case.send_while(failing(case.ports, Unavailable(), *OUTSIDE))


async def internal_error(case: Case) -> Answer:
    return await case.send_while(failing(case.ports, ZeroDivisionError(), *OUTSIDE))


async def conflict(case: Case) -> Answer:
    return await case.send_while(failing(case.ports, Conflict(), "begin"))


ON_ANY_ROUTE: Mapping[str, Provoke] = {
    "account_locked": account_locked,
    "bad_host": bad_host,
    "conflict": conflict,
    "email_not_verified": email_not_verified,
    "headers_too_large": headers_too_large,
    "idempotency_key_in_use": idempotency_key_in_use,
    "idempotency_key_reused": idempotency_key_reused,
    "inactive_user": inactive_user,
    "internal_error": internal_error,
    "malformed_json": malformed_json,
    "not_acceptable": not_acceptable,
    "not_authenticated": not_authenticated,
    "payload_too_large": payload_too_large,
    "permission_denied": permission_denied,
    "rate_limited": rate_limited,
    "reauthentication_required": reauthentication_required,
    "token_expired": token_expired,
    "token_revoked": token_revoked,
    "unavailable": unavailable,
    "unsupported_media_type": unsupported_media_type,
    "validation_error": validation_error,
    "version_mismatch": version_mismatch,
    "wrong_password": wrong_password,
}


def provocation_of(operation: Operation, code: str) -> Provoke:
    own = feature_of(operation).problems
    return own.get((operation.id, code)) or own.get(code) or ON_ANY_ROUTE[code]


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
        case = Case(
            operation=operation, scene=scene, settings=settings, request=GOOD_REQUESTS[name]
        )
        assert (await provocation_of(operation, code)(case)).problem == (status, code)


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
                content=stalled((good.content or b"{")[:2]),
                headers=kind_of(good),
            )
            return answer.problem

        reading = [each for each in contract.operations if "408" in each.responses]
        assert len(reading) > 10
        problems = await asyncio.gather(*map(problem_of, reading))
        assert set(problems) == {(408, "request_timeout")}


def test_every_provocation_is_of_use(contract: Contract) -> None:
    provoked = {
        (each.id, code): provocation_of(each, code)
        for each in contract.operations
        for _, code in each.problems - AFTER_A_WHILE
    }
    used = [*provoked.values()]
    assert [code for code, provoke in ON_ANY_ROUTE.items() if provoke not in used] == []
    for feature in FEATURES:
        own = [provoke for (route, _), provoke in provoked.items() if route in feature.requests]
        assert [key for key, provoke in feature.problems.items() if provoke not in own] == []
