"""Which of the limits apply to what, and what their refusals say.

An attempt is counted before it is made and given back if it was none of those that count: were
failures counted after the fact, any number could be tried at the same time.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import attrs

from application.clock import Clock
from application.throttling.ports import Bucket, ThrottleCounters
from domain.access import Actor
from domain.errors import DomainError, Unavailable
from domain.throttling import AccountLocked, RateLimit, RateLimited, network_of


@attrs.frozen(kw_only=True)
class RateLimits:
    """None turns one off."""

    login_account: RateLimit | None = None
    login_address: RateLimit | None = None
    login_global: RateLimit | None = None
    mail: RateLimit | None = None
    sign_up: RateLimit | None = None
    general: RateLimit | None = None


@attrs.frozen
class Throttle:
    counters: ThrottleCounters
    limits: RateLimits
    clock: Clock

    @asynccontextmanager
    async def sign_in(
        self, account: str, actor: Actor, *, is_familiar: bool
    ) -> AsyncIterator[None]:
        """Lets a sign-in be tried; it counts where it is refused, and not where it succeeds.

        From where the owner has signed in before, they have a count of their own, which nobody
        else can exhaust: no attack from elsewhere keeps them out.
        """
        network = network_of(actor.origin.address)
        key = f"{account}@{network}" if is_familiar else account
        buckets = _in_force(
            (self.limits.login_account, f"login:account:{key}"),
            (self.limits.login_address, f"login:address:{network}"),
            (None if is_familiar else self.limits.login_global, "login:global"),
        )
        await self._take(buckets, actor)
        try:
            yield
        except BaseException as error:
            # Nobody was refused who had no time for, where it broke, or whose caller has gone.
            if not isinstance(error, DomainError) or isinstance(error, Unavailable):
                await self._give_back(buckets, actor)
            raise
        else:
            await self._give_back(buckets, actor)

    async def mail(self, account: str, actor: Actor) -> None:
        """A mail that somebody asked for to be sent to an account or address."""
        await self._take(
            _in_force(
                (self.limits.mail, f"mail:account:{account}"),
                (self.limits.mail, f"mail:address:{network_of(actor.origin.address)}"),
            ),
            actor,
        )

    async def sign_up(self, actor: Actor) -> None:
        key = f"sign_up:address:{network_of(actor.origin.address)}"
        await self._take(_in_force((self.limits.sign_up, key)), actor)

    async def _take(self, buckets: Sequence[Bucket], actor: Actor) -> None:
        if not buckets or actor.is_system:
            return
        now = self.clock.now()
        refusal = await self.counters.take(buckets, at=now)
        if refusal is None:
            return
        limit = refusal.bucket.limit
        error = AccountLocked if limit is self.limits.login_account else RateLimited
        raise error(limit, refusal.count.wait(limit, now))

    async def _give_back(self, buckets: Sequence[Bucket], actor: Actor) -> None:
        if buckets and not actor.is_system:
            await self.counters.give_back(buckets, at=self.clock.now())


def _in_force(*chosen: tuple[RateLimit | None, str]) -> list[Bucket]:
    return [Bucket(limit, key) for limit, key in chosen if limit is not None]
