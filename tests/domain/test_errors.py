"""What holds for every refusal."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import domain
from domain.access import RoleNotFound
from domain.errors import (
    KINDS,
    DomainError,
    FieldError,
    Invalid,
    TooMany,
    Unavailable,
    VersionMismatch,
)


def every_error(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for error in of.__subclasses__():
        if error.__module__.startswith("domain."):
            yield error
        yield from every_error(error)


for module in pkgutil.iter_modules(domain.__path__, "domain."):
    importlib.import_module(module.name)

# Others are told apart inside alone, and published as what they are a kind of.
PUBLISHED = [error for error in every_error() if "code" in vars(error)]


def test_the_kinds_are_a_closed_set() -> None:
    assert set(KINDS) == set(DomainError.__subclasses__())


def test_every_error_is_of_exactly_one_kind() -> None:
    for error in every_error():
        assert len([kind for kind in KINDS if issubclass(error, kind)]) == 1


def test_codes_are_unique() -> None:
    codes = [error.code for error in PUBLISHED]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", PUBLISHED, ids=lambda error: error.code)
def test_every_error_explains_itself(error: type[DomainError]) -> None:
    assert error.code.isidentifier()
    assert error.code == error.code.lower()
    assert error.title[0].isupper()
    assert not error.title.endswith(".")
    assert error.__doc__
    assert error.__doc__.strip().endswith(".")


def test_an_error_without_detail_says_its_title() -> None:
    assert RoleNotFound().detail == "No such role."
    assert str(VersionMismatch("Fetch it again.")) == "Fetch it again."


def test_a_bad_field_is_named() -> None:
    refusal = Invalid.field("title", "too_short", "must have at least 1 characters")

    assert refusal.detail == "title: must have at least 1 characters"
    assert refusal.errors == (FieldError("title", "too_short", "must have at least 1 characters"),)


def test_who_has_to_wait_is_told_how_long() -> None:
    class Slow(TooMany):
        code = "slow"
        title = "Slow down"

    assert Slow(retry_after=7).retry_after == 7
    assert Unavailable().retry_after == 1
    assert Unavailable(retry_after=3).retry_after == 3
