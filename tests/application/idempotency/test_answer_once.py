"""A request is answered once, and its repetitions with the same answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import pytest

from adapters.memory.unit_of_work import HeldMemoryUnitOfWork, MemoryDatabase
from application.access.create_role import CreateRole, CreateRoleHandler
from application.idempotency.answer_once import AnswerOnce
from application.unit_of_work import BeginUnitOfWork, HeldUnitOfWork, HoldUnitOfWork
from domain.access import ANONYMOUS, SYSTEM, Actor, ApiKeyId, Origin, PermissionDenied, UserId
from domain.errors import Conflict, Invalid, Unavailable
from domain.idempotency import AnswerId, IdempotencyKeyInUse, IdempotencyKeyReused, KeyedRequest
from tests.application.service import Service
from tests.builders import new_id

REQUEST = KeyedRequest(operation="create_role", key="8e03978e-40d5-43dd-bc93-6894a57f9324")
ANN = Actor(user_id=UserId(new_id()))


@attrs.define
class Roles:
    """Somebody who makes roles under a key."""

    service: Service
    made: int = 0

    once: AnswerOnce = attrs.field(init=False)

    @once.default
    def _shared(self) -> AnswerOnce:
        return self.service[AnswerOnce]

    async def make(
        self,
        name: str = "editor",
        *,
        request: KeyedRequest = REQUEST,
        actor: Actor = ANN,
        meanwhile: Callable[[], None] = lambda: None,
        keeps: bool = True,
    ) -> bytes | None:
        async def fingerprint() -> bytes:
            return name.encode().ljust(32)

        async def answering(begin: BeginUnitOfWork) -> bytes | None:
            self.made += 1
            create = attrs.evolve(self.service[CreateRoleHandler], begin=begin)
            role = await create(CreateRole(name=name), SYSTEM)
            # Until others had their turn.
            await asyncio.sleep(0)
            meanwhile()
            return f"{role.name} {self.made}".encode() if keeps else None

        return await self.once(request, fingerprint, answering, actor)

    @property
    def stored(self) -> list[str]:
        names = {role.name for role in self.service.stored.roles.scan()}
        return sorted(names - {"admin", "member"})


class _BrokenAtTheCommit(HeldMemoryUnitOfWork):
    async def settle(self) -> None:
        await super().settle()
        raise Unavailable


@attrs.frozen
class _BreakingDatabase:
    database: MemoryDatabase

    @asynccontextmanager
    async def held(self, answer_id: AnswerId) -> AsyncIterator[HeldUnitOfWork]:
        async with self.database.held(answer_id) as uow:
            yield _BrokenAtTheCommit(uow._database, uow._tables)


@pytest.fixture
def roles(service: Service) -> Roles:
    return Roles(service)


async def test_the_first_is_done_and_the_next_ones_get_its_answer(roles: Roles) -> None:
    assert await roles.make() is None
    assert await roles.make() == b"editor 1"
    assert await roles.make() == b"editor 1"
    assert (roles.stored, roles.made) == (["editor"], 1)


async def test_another_request_under_the_same_key_is_refused(roles: Roles) -> None:
    await roles.make()

    with pytest.raises(IdempotencyKeyReused):
        await roles.make("author")
    assert roles.stored == ["editor"]


@pytest.mark.parametrize(
    ("request_", "actor"),
    [
        (attrs.evolve(REQUEST, key="another"), ANN),
        (attrs.evolve(REQUEST, operation="create_api_key"), ANN),
        (REQUEST, Actor(user_id=UserId(new_id()))),
        (REQUEST, attrs.evolve(ANN, api_key_id=ApiKeyId(new_id()))),
        (REQUEST, ANONYMOUS),
    ],
)
async def test_a_key_is_one_callers_for_one_operation(
    roles: Roles, request_: KeyedRequest, actor: Actor
) -> None:
    await roles.make()

    assert await roles.make("author", request=request_, actor=actor) is None
    assert roles.stored == ["author", "editor"]


async def test_strangers_are_told_apart_by_their_addresses(roles: Roles) -> None:
    here = ANONYMOUS.calling_from(lambda: Origin(address="192.0.2.1"))
    there = ANONYMOUS.calling_from(lambda: Origin(address="192.0.2.2"))
    await roles.make(actor=here)

    assert await roles.make("author", actor=there) is None
    assert await roles.make(actor=here) == b"editor 1"


async def test_a_repetition_while_the_first_is_under_way_is_refused(roles: Roles) -> None:
    outcomes = await asyncio.gather(*(roles.make() for _ in range(10)), return_exceptions=True)

    assert [type(each) for each in outcomes].count(IdempotencyKeyInUse) == 9
    assert (roles.stored, roles.made) == (["editor"], 1)


async def test_a_repetition_in_another_process_is_refused_while_the_first_is_under_way(
    roles: Roles,
) -> None:
    elsewhere = Roles(roles.service)
    outcomes = await asyncio.gather(roles.make(), elsewhere.make(), return_exceptions=True)

    assert {type(each) for each in outcomes} == {type(None), IdempotencyKeyInUse}
    assert roles.stored == ["editor"]


async def test_a_refusal_is_not_kept(roles: Roles) -> None:
    def refuse() -> None:
        raise Invalid.field("name", "bad", "is bad")

    with pytest.raises(Invalid):
        await roles.make(meanwhile=refuse)
    assert await roles.make("author") is None


async def test_what_was_committed_before_a_refusal_outlives_it(roles: Roles) -> None:
    def refuse() -> None:
        raise PermissionDenied

    with pytest.raises(PermissionDenied):
        await roles.make(meanwhile=refuse)
    assert roles.stored == ["editor"]
    assert list(roles.service.stored.kept_answers.scan()) == []


async def test_nothing_is_done_where_the_answer_can_not_be_made(roles: Roles) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await roles.make(meanwhile=fail)
    assert roles.stored == []


async def test_what_is_not_to_be_kept_is_done_all_the_same(roles: Roles) -> None:
    assert await roles.make(keeps=False) is None

    assert roles.stored == ["editor"]
    assert list(roles.service.stored.kept_answers.scan()) == []


async def test_whoever_does_not_learn_that_the_commit_went_through_is_told_by_what_is_kept(
    service: Service,
) -> None:
    service.use(HoldUnitOfWork, _BreakingDatabase(service.database))
    roles = Roles(service)

    assert await roles.make() == b"editor 1"
    assert (roles.stored, roles.made) == (["editor"], 1)


async def test_a_clash_with_others_stays_one(roles: Roles) -> None:
    await roles.make()

    with pytest.raises(Conflict, match="name"):
        await roles.make(request=attrs.evolve(REQUEST, key="another"))


async def test_a_use_case_commits_once(roles: Roles) -> None:
    async def fingerprint() -> bytes:
        return b"".ljust(32)

    async def answering(begin: BeginUnitOfWork) -> bytes:
        for name in ("author", "editor"):
            create = attrs.evolve(roles.service[CreateRoleHandler], begin=begin)
            await create(CreateRole(name=name), SYSTEM)
        return b"done"

    with pytest.raises(RuntimeError, match="commits once"):
        await roles.once(REQUEST, fingerprint, answering, ANN)
    assert roles.stored == []


@pytest.mark.parametrize("key", ["", "with space", "\x00", "ä", "x" * 256, "x\n"])
def test_keys_are_of_visible_ascii(key: str) -> None:
    with pytest.raises(Invalid):
        KeyedRequest(operation="create_role", key=key)


def test_a_key_of_255_characters_is_none_too_long() -> None:
    assert KeyedRequest(operation="create_role", key="~" * 255).key == "~" * 255
