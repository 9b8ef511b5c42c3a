"""What was read lately, kept so that it need not be read again at once."""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, TypeVar

Value = TypeVar("Value")


class Cache(Protocol[Value]):
    """Nothing is kept for longer than a bound that the cache is made with, counted from before it
    was loaded. It holds what may be shown: never a credential, a hash or a secret."""

    async def get(self, key: str, load: Callable[[], Awaitable[Value]]) -> Value:
        """What is kept under a key, or else what `load` gives. Of those who ask at the same time
        one loads, and the others get what came of it, also where it failed. Something is kept once
        it is asked for again; a failure never is."""
        ...

    async def drop(self, keys: Collection[str]) -> None:
        """Once this returns, nobody here gets what was loaded before it was called; nor does
        anybody who shares the cache, where it can be reached."""
        ...

    def forget(self, keys: Collection[str]) -> None:
        """The same here alone, where somebody else drops it for all."""
        ...
