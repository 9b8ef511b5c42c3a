"""Answers are kept for a day."""

from datetime import timedelta

from application.idempotency.sweep_kept_answers import SweepKeptAnswers, SweepKeptAnswersHandler
from domain.jobs import Job, JobId
from tests.application.service import Service
from tests.builders import a_kept_answer, new_id
from tests.storing import keep


async def test_forgets_what_was_answered_more_than_a_day_ago(service: Service) -> None:
    now = service.clock.now()
    old = a_kept_answer(created_at=now - timedelta(days=1, seconds=1))
    young = a_kept_answer(created_at=now - timedelta(hours=23))
    await keep(service.database, old, young)
    job = Job(
        id=JobId(new_id()),
        kind=SweepKeptAnswers.kind,
        queue=SweepKeptAnswers.queue,
        created_at=now,
        due_at=now,
    )

    await service[SweepKeptAnswersHandler](SweepKeptAnswers(), job)

    assert [each.id for each in service.stored.kept_answers.scan()] == [young.id]
