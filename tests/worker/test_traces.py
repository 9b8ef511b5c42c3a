"""A trace that begins in a server and goes on in a worker, by way of the outbox and of Celery."""

import asyncio
import secrets

from tests.collector import a_collector
from tests.system.service import API, PASSWORD
from tests.worker.works import Works

REQUEST = "POST /api/v1/users"


async def test_a_mail_that_a_worker_sends_is_of_the_request_s_trace(works: Works) -> None:
    trace_id = secrets.token_hex(16)
    with a_collector() as collector:
        works.settings.update(collector.settings)
        await works.hire()
        server = works.installation.serve(**works.settings)
        await asyncio.to_thread(server.wait_until_ready)
        answer = await asyncio.to_thread(
            server.http.post,
            f"{API}/users",
            json={"email": "ann@example.com", "password": PASSWORD},
            headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"},
        )
        assert answer.status_code == 201, answer.text
        trace = await asyncio.to_thread(collector.trace_with, trace_id, "mail", REQUEST)

    assert trace.path_to(trace.named("mail")) == [
        REQUEST,
        "RegisterUser",
        "job mail.send",
        "SendMail",
        "mail",
    ]
