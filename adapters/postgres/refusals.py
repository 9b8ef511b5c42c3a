"""What the database refuses, in the words of the domain."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TypeAlias

import asyncpg

from domain.errors import Conflict, DomainError, Unavailable

Refusals: TypeAlias = Mapping[str, Callable[[], DomainError]]
"""Constraint names and the rule that each stands for."""

# What asyncpg and the operating system raise where the server is gone or going.
_BROKEN = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # Of a connection that has been told of its end and has not yet come to it.
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
# The same, and where it does not let us in or can do no more.
CONNECTION_LOST = (
    *_BROKEN,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncio.TimeoutError,
)


class ConnectionBroken(Unavailable):
    """There is no connection, or there was one until now."""


_GIVEN_UP = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    # What comes after a failure that somebody took for granted.
    asyncpg.InFailedSQLTransactionError,
)


class _TranslatedFailures:
    """`Unavailable` for a database that does not answer in time; `Conflict` for a deadlock."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None or not isinstance(error, Exception):
            return
        if isinstance(error, _GIVEN_UP):
            raise Conflict("Another change got in the way. Try again.") from error
        if isinstance(error, asyncpg.LockNotAvailableError):
            raise Unavailable("Another change takes too long. Try again.") from error
        if isinstance(error, CONNECTION_LOST):
            is_broken = isinstance(error, _BROKEN) and not isinstance(error, TimeoutError)
            kind = ConnectionBroken if is_broken else Unavailable
            raise kind("The database does not answer.") from error


# One for all: it has no state, and a generator would cost more than the check itself.
translated_failures = _TranslatedFailures()


@contextmanager
def refused_as(refusals: Refusals) -> Iterator[None]:
    """Turn a violated constraint into the rule it stands for; one nobody named is a bug."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as violation:
        refusal = refusals.get(violation.constraint_name or "")
        if refusal is None:
            raise
        raise refusal() from violation
