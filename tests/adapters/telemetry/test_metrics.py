"""What one process counts."""

import pytest

from adapters.telemetry.metrics import Metrics, Reading
from adapters.telemetry.shared import Alone, exposed

REQUESTS = "tessera_http_requests_total"


def told(metrics: Metrics) -> set[str]:
    """As Prometheus reads it, a line each."""
    return set(exposed(Alone(metrics).collect()).decode().splitlines())


def a_request(
    metrics: Metrics, *, method: str = "GET", route: str | None = "/users", status: int = 200
) -> None:
    metrics.request_begins()
    metrics.request_ends(method, route, status, 0.003)


def test_requests_are_counted_by_route_method_and_status() -> None:
    metrics = Metrics()
    a_request(metrics)
    a_request(metrics)
    a_request(metrics, status=404)

    lines = told(metrics)

    assert f'{REQUESTS}{{method="GET",route="/users",status="200"}} 2.0' in lines
    assert f'{REQUESTS}{{method="GET",route="/users",status="404"}} 1.0' in lines
    duration = "tessera_http_request_duration_seconds"
    assert f'{duration}_bucket{{le="0.0025",method="GET",route="/users"}} 0.0' in lines
    assert f'{duration}_bucket{{le="0.005",method="GET",route="/users"}} 3.0' in lines


def test_nobody_can_make_up_series() -> None:
    metrics = Metrics()
    before = len(told(metrics))
    for number in range(100):
        a_request(metrics, method=f"X{number}", route=None, status=404)

    lines = told(metrics)

    assert f'{REQUESTS}{{method="other",route="unmatched",status="404"}} 100.0' in lines
    assert len(lines) - before < 20


def test_those_that_are_being_answered_are_told() -> None:
    metrics = Metrics()
    metrics.request_begins()
    metrics.request_begins()
    metrics.request_ends("GET", "/users", 200, None)

    assert "tessera_http_requests_in_flight 1.0" in told(metrics)


def test_a_stream_is_counted_and_says_nothing_of_how_long_answers_take() -> None:
    metrics = Metrics()
    metrics.request_begins()
    metrics.request_ends("GET", "/events", 200, None)

    lines = told(metrics)

    assert f'{REQUESTS}{{method="GET",route="/events",status="200"}} 1.0' in lines
    took = "tessera_http_request_duration_seconds_count"
    assert f'{took}{{method="GET",route="/events"}} 0.0' in lines


@pytest.mark.parametrize(
    ("sql", "operation"),
    [
        ("SELECT 1", "select"),
        ("WITH mine AS (SELECT 1) SELECT 1", "with"),
        ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "begin"),
        ("COMMIT", "commit"),
        ("ROLLBACK", "rollback"),
        ("LISTEN tessera", "other"),
    ],
)
def test_statements_are_told_apart_by_what_they_do(sql: str, operation: str) -> None:
    metrics = Metrics()
    metrics.statement(sql, 0.002)

    counted = f'statement_duration_seconds_count{{operation="{operation}"}} 1.0'
    assert f"tessera_database_{counted}" in told(metrics)


def test_what_somebody_else_keeps_is_looked_at_when_it_is_asked_for() -> None:
    metrics = Metrics()
    lent = 3
    metrics.read(Reading("tessera_lent", "Lent.", lambda: lent, {"state": "x"}))
    metrics.read(Reading("tessera_refused", "Refused.", lambda: 2 * lent, counts=True))
    lent = 4

    lines = told(metrics)

    assert {'tessera_lent{state="x"} 4.0', "tessera_refused_total 8.0"} <= lines
    assert "# TYPE tessera_refused_total counter" in lines
