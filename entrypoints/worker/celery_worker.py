"""Celery's worker, and what is ours to say in it: what its task is, how it logs, how it ends."""

import signal
import socket
import warnings
from collections.abc import Callable, Sequence

from celery.apps.worker import Worker
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import (
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutting_down,
)
from celery.worker import WorkController

from adapters.celery.app import RUN_JOB, celery_app
from entrypoints.settings.schema import Settings
from entrypoints.worker.pool_process import Farewell, PoolProcess

_CONNECTIONS = 4
"""Of each process of the pool, which runs one job at a time."""


def work(
    settings: Settings,
    dsn: str,
    queues: Sequence[str],
    concurrency: int,
    announce: Callable[[], None],
    metrics: socket.socket | None,
) -> int:
    """Until SIGTERM or Ctrl-C; answer the exit status. `announce` is called once jobs are had from
    the broker, and again after it was away. At `metrics` any process of the pool answers for all
    that share a directory with it."""
    if settings.broker_url is None:
        raise TypeError("there is no broker")
    app = celery_app(settings.broker_url, time_limit=settings.job_time_limit)
    farewell = Farewell.prepare()
    connections = min(settings.database_pool_size, _CONNECTIONS)
    frugal = settings.model_copy(update={"database_pool_size": connections})
    # Only ever one in a process, and none in the worker's own.
    processes: list[PoolProcess] = []

    @app.task(name=RUN_JOB)
    def run_job(job_id: str) -> None:
        processes[0].run(job_id)

    def begin_process(**_: object) -> None:
        # Where a whole group is told to stop, the worker alone decides.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        processes.append(PoolProcess(frugal, dsn, farewell.to_be_heard(), metrics))
        processes[0].start()

    def end_process(**_: object) -> None:
        processes[0].end()

    def leave_logs_alone(**_: object) -> None:
        """As long as somebody listens here, Celery does."""

    setup_logging.connect(leave_logs_alone, weak=False)
    worker_ready.connect(lambda **_: announce(), weak=False)
    worker_process_init.connect(begin_process, weak=False)
    worker_process_shutdown.connect(end_process, weak=False)
    worker_shutting_down.connect(lambda **_: farewell.say(), weak=False)
    # Of root, for whose sake no pickle should be read; ours reads JSON alone.
    warnings.simplefilter("ignore", SecurityWarning)
    worker = PlainWorker(
        app=app,
        queues=list(queues),
        concurrency=concurrency,
        quiet=True,
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
    )
    # Celery has just asked for them, and has one at each loss of the connection.
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    worker.start()
    return worker.exitcode or 0


class PlainWorker(Worker):
    """Ctrl-C and a closed terminal end it as SIGTERM does: what has begun is finished first."""

    def install_platform_tweaks(self, worker: WorkController) -> None:
        at_hang_up = signal.getsignal(signal.SIGHUP)
        super().install_platform_tweaks(worker)
        signal.signal(signal.SIGINT, _end)
        if at_hang_up is signal.SIG_IGN:  # as nohup has it
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            signal.signal(signal.SIGHUP, _end)


def _end(_number: int, _frame: object) -> None:
    signal.raise_signal(signal.SIGTERM)
