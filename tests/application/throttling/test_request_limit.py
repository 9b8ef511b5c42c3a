"""What every caller may ask altogether."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from application.throttling.ports import Bucket, ThrottleCounters
from application.throttling.request_limit import RequestLimit
from application.throttling.throttle import RateLimits
from domain.access import ANONYMOUS, Actor, Origin
from domain.errors import Conflict, Unavailable
from domain.throttling import Count, RateLimit, RateLimited
from tests.application.service import Service
from tests.builders import an_actor

FIVE = RateLimits(general=RateLimit("general", 5, timedelta(minutes=1)))


@pytest.fixture
def limit(service: Service) -> RequestLimit:
    service.use(RateLimits, FIVE)
    return service[RequestLimit]


def another_process(service: Service) -> RequestLimit:
    counters = service.container.resolve(ThrottleCounters)
    return RequestLimit(counters, FIVE, service.clock)


def admitted(limit: RequestLimit, actor: Actor, times: int) -> int:
    """How many of so many requests are let through."""
    passed = 0
    for _ in range(times):
        try:
            limit.admit(actor)
        except RateLimited:
            continue
        passed += 1
    return passed


def test_each_caller_has_a_quota_of_their_own(limit: RequestLimit) -> None:
    ann, bob = an_actor(), an_actor()

    assert admitted(limit, ann, 20) == 5
    assert admitted(limit, bob, 20) == 5


def test_all_sessions_of_a_user_count_together(limit: RequestLimit) -> None:
    ann = an_actor()

    assert admitted(limit, ann, 3) == 3
    assert admitted(limit, an_actor(user_id=ann.user_id), 20) == 2


def test_strangers_count_by_address(limit: RequestLimit) -> None:
    here = ANONYMOUS.calling_from(lambda: Origin(address="203.0.113.9"))
    there = ANONYMOUS.calling_from(lambda: Origin(address="203.0.113.10"))

    assert admitted(limit, here, 20) == 5
    assert admitted(limit, there, 20) == 5


def test_who_waits_as_told_is_let_in_again(service: Service, limit: RequestLimit) -> None:
    ann = an_actor()
    admitted(limit, ann, 20)
    with pytest.raises(RateLimited) as refusal:
        limit.admit(ann)

    service.clock.advance(timedelta(seconds=refusal.value.retry_after))

    limit.admit(ann)


async def test_processes_count_together(service: Service, limit: RequestLimit) -> None:
    ann, other = an_actor(), another_process(service)
    assert admitted(limit, ann, 3) == 3
    assert admitted(other, ann, 1) == 1

    await limit.share()
    await other.share()

    assert admitted(other, ann, 20) == 1


async def test_sharing_counts_nothing_twice(service: Service, limit: RequestLimit) -> None:
    ann, other = an_actor(), another_process(service)
    admitted(limit, ann, 2)
    for _ in range(5):
        await limit.share()
        await other.share()

    admitted(other, ann, 1)
    await other.share()
    await limit.share()

    assert admitted(other, ann, 20) == 2


async def test_goes_on_sharing_after_a_failure_and_tells_of_it_once(
    service: Service,
    limit: RequestLimit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ann, other = an_actor(), another_process(service)
    failures: list[Exception] = [Unavailable("It is away."), Conflict(), Unavailable()]
    add = type(limit.counters).add

    async def add_later(
        counters: ThrottleCounters, times: Mapping[Bucket, int], *, at: datetime
    ) -> Mapping[str, Count]:
        if failures:
            raise failures.pop(0)
        return await add(counters, times, at=at)

    monkeypatch.setattr(type(limit.counters), "add", add_later)
    caplog.set_level(logging.INFO)
    admitted(limit, ann, 5)
    sharing = asyncio.create_task(limit.keep_sharing(every=0.001))
    async with asyncio.timeout(5):
        while len(caplog.messages) < 2:
            assert not sharing.done()
            await asyncio.sleep(0.001)
    sharing.cancel()

    assert caplog.messages == [
        "request counts are not shared: It is away.",
        "request counts are not shared: no longer",
    ]
    admitted(other, ann, 1)
    await other.share()
    assert admitted(other, ann, 20) == 0


async def test_who_is_away_is_forgotten(service: Service, limit: RequestLimit) -> None:
    admitted(limit, an_actor(), 1)
    service.clock.advance(timedelta(minutes=3))

    await limit.share()

    assert not limit._tallies


def test_the_limit_can_be_turned_off(service: Service) -> None:
    service.use(RateLimits, RateLimits())

    assert admitted(service[RequestLimit], an_actor(), 5000) == 5000
