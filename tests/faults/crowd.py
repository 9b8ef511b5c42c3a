"""Many who sign up, and remember what they were told."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import httpx

from tests.system.service import API, PASSWORD, Server

_AT_ONCE = 3
_PAUSE_SECONDS = 0.02
_TAKEN = 409


@attrs.define(eq=False)
class Crowd:
    """Each of them signs up again and again, at one server after the other."""

    servers: Sequence[Server]
    """Changed from outside as they come and go."""
    acknowledged: dict[str, float] = attrs.field(factory=dict)
    """Addresses, and when they heard of their success."""
    statuses: Counter[int] = attrs.field(factory=Counter)
    broken: int = 0
    """Requests of which nobody knows what became of them."""
    _numbers: Iterator[int] = attrs.field(factory=itertools.count)
    _is_over: threading.Event = attrs.field(factory=threading.Event)

    @contextmanager
    def pressing_in(self) -> Iterator[None]:
        self._is_over.clear()
        threads = [threading.Thread(target=self._press_in) for _ in range(_AT_ONCE)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()

    def _press_in(self) -> None:
        with httpx.Client(timeout=20) as client:
            while not self._is_over.wait(_PAUSE_SECONDS):
                number = next(self._numbers)
                email = f"somebody-{number}@example.com"
                self._sign_up(client, number, email)
                if number % 5 == 0:
                    # Of the two one is rolled back, whichever it is.
                    self._sign_up(client, number, email)

    def _sign_up(self, client: httpx.Client, number: int, email: str) -> None:
        server = self.servers[number % len(self.servers)]
        body = {"email": email, "password": PASSWORD}
        try:
            answer = client.post(f"{server.url}{API}/users", json=body)
        except httpx.TransportError:
            self.broken += 1
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == httpx.codes.CREATED:
            assert email not in self.acknowledged
            self.acknowledged[email] = time.monotonic()
