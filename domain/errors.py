"""Every refusal the domain and its use cases can express.

An error is one of a closed set of kinds (the direct subclasses of `DomainError`) and carries a
stable `code` for programs. The docstring of each error is what the service publishes at
`/problems/{code}`, so it is written for the caller who meets it.
"""

from collections.abc import Sequence
from typing import ClassVar

import attrs


@attrs.frozen
class FieldError:
    """What is wrong with one field of the input; never repeats the input itself."""

    field: str
    code: str
    detail: str

    def inside(self, whole: str) -> "FieldError":
        """The same, of a part of what was sent."""
        return attrs.evolve(self, field=f"{whole}.{self.field}")


class DomainError(Exception):
    """A refusal that is part of the contract, as opposed to a bug."""

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or f"{self.title}."
        super().__init__(self.detail)


class Invalid(DomainError):
    """The request does not validate. `errors` names each bad field, what is wrong with it, and
    never repeats what was sent. Correct the fields and send the request again."""

    code = "validation_error"
    title = "The request does not validate"

    def __init__(self, detail: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        self.errors = tuple(errors)
        super().__init__(detail)

    @classmethod
    def field(cls, field: str, code: str, detail: str) -> "Invalid":
        return cls(f"{field}: {detail}", (FieldError(field, code, detail),))


class Unauthenticated(DomainError):
    """The caller is not known."""


class Forbidden(DomainError):
    """The caller is known and may not do this."""


class NotFound(DomainError):
    """What was asked for does not exist, or is not the caller's to know of."""


class Conflict(DomainError):
    """The request clashes with what is stored. Read the current state and decide anew."""

    code = "conflict"
    title = "The request clashes with what is stored"


class Stale(DomainError):
    """The caller's copy is older than what is stored."""


class TooLarge(DomainError):
    """More than is taken of anyone."""


class TooMany(DomainError):
    """The caller has to wait."""

    def __init__(self, detail: str | None = None, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class Unavailable(DomainError):
    """Something the service depends on is down or overloaded. Nothing was changed that was not
    acknowledged; try again after the number of seconds in `Retry-After`."""

    code = "unavailable"
    title = "The service is temporarily unavailable"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class Mistaken(DomainError):
    """The request is well-formed and contradicts what its sender said before."""


class VersionMismatch(Stale):
    """The resource has changed since the version named in `If-Match`. Fetch it again, apply the
    change to what you get, and send the new `ETag`."""

    code = "version_mismatch"
    title = "The resource has changed in the meantime"


KINDS: tuple[type[DomainError], ...] = (
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    Stale,
    TooLarge,
    Mistaken,
    TooMany,
    Unavailable,
)
