"""What is refused, told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from adapters.postgres.embedded.failure import EmbeddedPostgresError
from domain.errors import DomainError
from entrypoints.not_prepared import NotPrepared
from entrypoints.settings.sources import SettingsError


class Refused(typer.TyperException):
    exit_code = 1


class Misused(typer.TyperException):
    exit_code = 2


@contextmanager
def told_plainly(*refusals: type[Exception]) -> Iterator[None]:
    """Every refusal of the service, and of the kinds given, as one of the command line."""
    told: tuple[type[Exception], ...] = (EmbeddedPostgresError, NotPrepared, *refusals)
    try:
        yield
    except SettingsError as error:
        raise Misused(str(error)) from error
    except DomainError as error:
        raise Refused(error.detail) from error
    except told as error:
        raise Refused(str(error)) from error
