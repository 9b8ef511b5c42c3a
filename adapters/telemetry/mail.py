"""A mailer that counts what it sends."""

import time

import attrs

from adapters.telemetry.metrics import Metrics
from application.jobs.failure import Permanent
from application.mail.ports import Mail, Mailer


@attrs.frozen
class MeasuredMailer:
    mailer: Mailer
    metrics: Metrics

    async def send(self, mail: Mail) -> None:
        began = time.perf_counter()
        outcome = "failed"
        try:
            await self.mailer.send(mail)
            outcome = "sent"
        except Permanent:
            outcome = "refused"
            raise
        finally:
            self.metrics.mail(outcome, time.perf_counter() - began)
