"""Forgetting old counts."""

from datetime import timedelta

from application.throttling.ports import Bucket, ThrottleCounters
from application.throttling.sweep_throttles import SweepThrottles, SweepThrottlesHandler
from domain.throttling import RateLimit
from tests.application.service import Service
from tests.builders import a_job

THREE = Bucket(RateLimit("three", 3, timedelta(minutes=5)), "ann")


async def test_what_no_longer_matters_is_forgotten(service: Service) -> None:
    counters = service.container.resolve(ThrottleCounters)
    await counters.take([THREE], at=service.clock.now())
    service.clock.advance(timedelta(minutes=10))

    await service[SweepThrottlesHandler](SweepThrottles(), a_job())

    assert await counters.sweep(at=service.clock.now()) == 0
