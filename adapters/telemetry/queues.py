"""What the database knows of the queues, which is the same whoever asks."""

from collections.abc import Iterable, Sequence

from adapters.telemetry.shared import Family
from application.jobs.views import QueueView

_STATES = ("due", "delayed", "running", "failing", "dead")


def families_of_queues(queues: Sequence[QueueView] | None) -> Iterable[Family]:
    """None where the database does not answer."""
    is_up = 0.0 if queues is None else 1.0
    yield _gauge("tessera_database_up", "Whether the database answered.", {(): is_up})
    jobs: dict[tuple[tuple[str, str], ...], float] = {}
    ages: dict[tuple[tuple[str, str], ...], float] = {}
    for each in queues or ():
        label = ("queue", each.queue)
        ages[label,] = each.age_seconds
        for state in _STATES:
            jobs[label, ("state", state)] = getattr(each, state)
    yield _gauge(
        "tessera_queue_jobs",
        "Jobs that are due, delayed, running, failing among these, or dead.",
        jobs,
    )
    yield _gauge(
        "tessera_queue_oldest_due_seconds",
        "How long the job has been due that has waited longest.",
        ages,
    )


def _gauge(name: str, description: str, values: dict[tuple[tuple[str, str], ...], float]) -> Family:
    return Family(
        name, "gauge", description, {(name, labels): value for labels, value in values.items()}
    )
