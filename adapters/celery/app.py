"""Celery as both sides see it: those who send the ids of jobs, and the workers who hear them.

The broker carries ids and nothing else, for the jobs themselves are rows of PostgreSQL: what it
loses is sent again, and what it delivers twice is run once.
"""

import ssl
from datetime import timedelta

from celery import Celery

from domain.service_name import NAME

RUN_JOB = f"{NAME}.run_job"
"""The one task there is; it takes a job's id."""
_BEYOND_THE_LIMIT = timedelta(seconds=15)
# Seconds.
_CONNECT_TIMEOUT = 2.0
_SOCKET_TIMEOUT = 5.0


def celery_app(broker_url: str, *, time_limit: timedelta) -> Celery:
    """`time_limit` is when a job's handler is interrupted. One that can't be, because it keeps its
    process busy, ends with the process a little later."""
    killed_after = time_limit + _BEYOND_THE_LIMIT
    app = Celery(NAME, broker=broker_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=killed_after.total_seconds(),
        worker_consumer="adapters.celery.consumer:PatientConsumer",
        worker_prefetch_multiplier=1,
        # Who can write to the broker should not command the workers.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        # Unless the URL says otherwise; by itself kombu would trust anyone.
        broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED}
        if broker_url.startswith("rediss:")
        else None,
        broker_transport_options={
            "socket_connect_timeout": _CONNECT_TIMEOUT,
            "socket_timeout": _SOCKET_TIMEOUT,
            "socket_keepalive": True,
            "health_check_interval": 5,
            # Later than any job ends. A lost one is sent again long before, by who relays it.
            "visibility_timeout": 2 * killed_after.total_seconds(),
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        },
    )
    return app
