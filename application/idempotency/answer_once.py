"""Answer a request once, and its repetitions with the same answer.

The use case does not know: its transaction is kept open behind the `commit` it asks for, until the
answer has been made and kept in it. Both last, or neither does.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self, TypeAlias

import attrs

from application.auth.ports import SecretCipher
from application.clock import Clock
from application.idempotency.ports import KeptAnswerReader
from application.unit_of_work import BeginUnitOfWork, HeldUnitOfWork, HoldUnitOfWork, UnitOfWork
from domain.access import Actor
from domain.errors import Conflict, DomainError, Unavailable
from domain.idempotency import (
    AnswerId,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    KeptAnswer,
    KeyedRequest,
    sealing_context,
)

Fingerprint: TypeAlias = Callable[[], Awaitable[bytes]]
"""Tells a request from every other, whatever the key: a digest of all that was sent. Of what comes
in a stream it is known at the end; asked for earlier, it reads on until there."""
_FINGERPRINT_LENGTH = 32

Answering: TypeAlias = Callable[[BeginUnitOfWork], Awaitable[bytes | None]]
"""Runs the use case on this unit of work; answers what to keep, None for what can be told anew."""


@attrs.frozen
class AnswerOnce:
    hold: HoldUnitOfWork
    answers: KeptAnswerReader
    cipher: SecretCipher
    clock: Clock
    _under_way: set[AnswerId] = attrs.field(factory=set, init=False)
    """In this process, where to ask costs nothing; the others are told by the unit of work."""

    async def __call__(
        self, request: KeyedRequest, fingerprint: Fingerprint, answering: Answering, actor: Actor
    ) -> bytes | None:
        """What was kept of an earlier answer; None where the request has been answered now. Raise
        `IdempotencyKeyReused`, and `IdempotencyKeyInUse` while the first is under way."""
        answer_id = request.answer_id(actor)
        if answer_id in self._under_way:
            raise IdempotencyKeyInUse
        self._under_way.add(answer_id)
        try:
            kept = await self._kept(answer_id, fingerprint)
            if kept is None:
                await self._answer(answer_id, fingerprint, answering)
        except (Conflict, _OutcomeUnknown):
            # It may clash with itself, where it is under way elsewhere, or have come to an end on
            # a connection that broke before that was told.
            kept = await self._kept(answer_id, fingerprint)
            if kept is None:
                raise
        finally:
            self._under_way.discard(answer_id)
        return kept

    async def _kept(self, answer_id: AnswerId, fingerprint: Fingerprint) -> bytes | None:
        answer = await self.answers.find(answer_id)
        if answer is None:
            return None
        opened = self.cipher.open(answer.sealed, sealing_context(answer_id))
        if opened[:_FINGERPRINT_LENGTH] != await fingerprint():
            raise IdempotencyKeyReused
        return opened[_FINGERPRINT_LENGTH:]

    async def _answer(
        self, answer_id: AnswerId, fingerprint: Fingerprint, answering: Answering
    ) -> None:
        async with _Once(self.hold, answer_id) as once:
            answer = await answering(once)
            if answer is not None:
                await once.keep(self._sealed(answer_id, await fingerprint() + answer))

    def _sealed(self, answer_id: AnswerId, content: bytes) -> KeptAnswer:
        sealed = self.cipher.seal(content, sealing_context(answer_id))
        return KeptAnswer(
            id=answer_id,
            key_id=sealed.key_id,
            sealed_answer=sealed.data,
            created_at=self.clock.now(),
        )


class _OutcomeUnknown(Unavailable):
    """The connection broke at the commit."""


async def _settle(held: HeldUnitOfWork) -> None:
    try:
        await held.settle()
    except Unavailable as error:
        raise _OutcomeUnknown(error.detail, retry_after=error.retry_after) from error


@attrs.define
class _Once:
    """Begins the one unit of work of a use case, and ends it after what the use case has done with
    it."""

    _hold: HoldUnitOfWork
    _answer_id: AnswerId
    _held: HeldUnitOfWork | None = attrs.field(default=None, init=False)
    _open: AsyncExitStack = attrs.field(factory=AsyncExitStack, init=False)

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[UnitOfWork]:
        if self._held is not None:
            raise RuntimeError("a use case that can be repeated commits once")
        async with AsyncExitStack() as stack:
            uow = await stack.enter_async_context(self._hold.held(self._answer_id))
            try:
                yield uow
            finally:
                if uow.is_to_last:
                    self._held = uow
                    self._open = stack.pop_all()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What a use case commits before it refuses is meant to outlive the refusal.
        if self._held is not None and (error is None or isinstance(error, DomainError)):
            async with self._open:
                await _settle(self._held)
        else:
            await self._open.__aexit__(kind, error, traceback)

    async def keep(self, answer: KeptAnswer) -> None:
        """Where nothing was committed there is nothing that must not happen again."""
        if self._held is not None:
            await self._held.kept_answers.add(answer)
