"""Who is told how the database is used."""

from typing import Protocol

import attrs


class DatabaseObserver(Protocol):
    """Called for each statement, and so must cost next to nothing."""

    def statement(self, sql: str, seconds: float) -> None:
        """One was answered, or failed. The text has no values in it."""
        ...

    def waited(self, seconds: float) -> None:
        """Somebody had to wait for a connection, in vain or not."""
        ...


@attrs.frozen
class Unobserved:
    def statement(self, sql: str, seconds: float) -> None:
        pass

    def waited(self, seconds: float) -> None:
        pass


UNOBSERVED = Unobserved()
