"""Traces told by a real server, to a collector on the same machine."""

import secrets
import subprocess
import sys
import time

import pytest

from entrypoints.version import VERSION
from tests.collector import a_collector, attributes_of
from tests.free_port import free_port
from tests.system.service import API, PASSWORD, PROJECT, Installation, Server

EMAIL = "ann@example.com"
SENDER = "00f067aa0ba902b7"


def sign_up_within(server: Server, trace_id: str, flags: str = "01") -> None:
    answer = server.http.post(
        f"{API}/users?secret=of-the-query",
        json={"email": EMAIL, "password": PASSWORD},
        headers={"traceparent": f"00-{trace_id}-{SENDER}-{flags}", "X-Request-ID": "of-mine"},
    )
    assert answer.status_code == 201, answer.text


def test_a_request_and_the_mail_that_it_leads_to_are_one_trace(
    installation: Installation, own_database_url: str
) -> None:
    trace_id = secrets.token_hex(16)
    with a_collector() as collector:
        server = installation.serve(
            DATABASE_URL=own_database_url, **collector.settings
        ).wait_until_ready()
        sign_up_within(server, trace_id)
        trace = collector.trace_with(trace_id, "mail", "POST /api/v1/users", "job mail.send")

    request = trace.named("POST /api/v1/users")
    assert request.parent_span_id.hex() == SENDER
    assert attributes_of(request) == {
        "http.request.method": "POST",
        "http.route": "/api/v1/users",
        "http.response.status_code": 201,
        "tessera.request_id": "of-mine",
    }
    use_case = ("POST /api/v1/users", "RegisterUser")
    job = (*use_case, "job mail.send")
    assert trace.paths() >= {
        (*use_case, "BEGIN"),
        (*use_case, "INSERT"),
        (*use_case, "COMMIT"),
        (*job, "SendMail"),
        (*job, "SendMail", "mail"),
    }
    assert all(path[0] == "POST /api/v1/users" for path in trace.paths())
    texts = {attributes_of(each).get("db.query.text") for each in trace.spans}
    assert any(isinstance(text, str) and text.startswith("INSERT INTO users") for text in texts)
    about = collector.about_the_service()
    assert (about["service.name"], about["service.version"]) == ("tessera", VERSION)
    told = "".join(map(str, collector.told))
    for secret in (EMAIL, PASSWORD, "of-the-query", "127.0.0.1"):
        assert secret not in told


def test_who_sends_a_request_may_keep_it_out_of_the_traces(
    installation: Installation, own_database_url: str
) -> None:
    hidden, shown = secrets.token_hex(16), secrets.token_hex(16)
    with a_collector() as collector:
        server = installation.serve(
            DATABASE_URL=own_database_url, **collector.settings
        ).wait_until_ready()
        sign_up_within(server, hidden, flags="00")
        parent = {"traceparent": f"00-{shown}-{SENDER}-01"}
        assert server.http.get(f"{API}/users/me", headers=parent).status_code == 401
        collector.trace_with(shown, "GET /api/v1/users/me")
        assert not collector.trace(hidden).spans


@pytest.mark.parametrize("is_there", [True, False])
def test_a_collector_that_does_not_answer_holds_nobody_up(
    installation: Installation, own_database_url: str, is_there: bool
) -> None:
    with a_collector() as collector:
        collector.may_answer.clear()
        settings = collector.settings
        if not is_there:
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
        server = installation.serve(DATABASE_URL=own_database_url, **settings).wait_until_ready()
        sign_up_within(server, secrets.token_hex(16))
        server.terminate()
        told_to_end = time.monotonic()
        assert server.status() == 0, server.complaint
        # Of the end itself, and the second that it has.
        assert time.monotonic() - told_to_end < 5


def test_it_is_not_there_where_nobody_is_told() -> None:
    program = (
        "import sys, entrypoints.http.app, entrypoints.worker.pool_process\n"
        "from entrypoints.settings.loading import load_settings\n"
        "from entrypoints.bootstrap.use_cases import HANDLERS\n"
        "from entrypoints.telemetry import Telemetry\n"
        "settings = load_settings()\n"
        "app = entrypoints.http.app.create_app(settings, '')\n"
        "telemetry, mailer, jobs = Telemetry.of(settings), object(), object()\n"
        "print([each.cls.__name__ for each in app.user_middleware])\n"
        "print(type(telemetry.database).__name__)\n"
        "print(all(telemetry.use_case(each) is each for each in HANDLERS))\n"
        "print(telemetry.job_handlers(jobs) is jobs)\n"
        "print([each for each in sys.modules if each.startswith('opentelemetry.sdk')])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == [
        "['MetricsBeside', 'Edge']",
        "MeasuredDatabase",
        "True",
        "True",
        "[]",
    ]
