"""Which statements are told of in the log."""

import logging

import pytest

from adapters.postgres.connection import Connection, PoolSettings, open_database
from adapters.postgres.query import Query
from adapters.telemetry.metrics import Metrics
from adapters.telemetry.statements import MeasuredDatabase
from tests.adapters.telemetry.test_metrics import told

SLEEP = Query("SELECT pg_sleep($1),\n  $2::text", ("seconds", "name"), {}, ())


async def run(url: str, observer: MeasuredDatabase, seconds: float) -> None:
    async with open_database(url, PoolSettings(size=1, observer=observer)) as database:
        await database.run_once(Connection.rows, SLEEP, {"seconds": seconds, "name": "hush"})


async def test_a_slow_statement_is_logged_without_its_values(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics()
    with caplog.at_level(logging.WARNING):
        await run(database_url, MeasuredDatabase(metrics, slow=0.01), 0.02)

    [record] = [each for each in caplog.records if each.name == "tessera.database"]
    assert record.getMessage().endswith(" ms: SELECT pg_sleep($1), $2::text")
    assert "hush" not in str(vars(record))
    counted = "tessera_database_statement_duration_seconds_count"
    assert f'{counted}{{operation="select"}} 1.0' in told(metrics)


async def test_what_is_quick_enough_is_not(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await run(database_url, MeasuredDatabase(None, slow=5), 0)

    assert not caplog.records
