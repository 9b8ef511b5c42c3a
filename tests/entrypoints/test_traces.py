"""The inside of the service, opened to a collector of traces."""

from application.jobs.job_statistics import JobStatistics, JobStatisticsHandler
from application.mail.send_mail import SendMailHandler
from domain.access import SYSTEM
from entrypoints.background import job_handlers
from entrypoints.bootstrap.running import running
from entrypoints.bootstrap.use_cases import HANDLERS
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import Telemetry
from tests.collector import Trace, a_collector


async def test_use_cases_are_told_with_their_statements(
    settings: Settings, database_url: str
) -> None:
    with a_collector() as collector:
        url = collector.settings["OTEL_EXPORTER_OTLP_ENDPOINT"]
        traced = settings.model_copy(update={"otel_exporter_otlp_endpoint": url})
        telemetry = Telemetry.of(traced)
        async with (
            telemetry.measuring(traced),
            running(traced, database_url, telemetry) as inside,
        ):
            assert all(isinstance(inside.services[each], each) for each in HANDLERS)
            assert type(inside.services[SendMailHandler]) is not SendMailHandler
            handlers = job_handlers(inside.services)
            assert telemetry.job_handlers(handlers).by_payload.keys() == handlers.by_payload.keys()
            await inside.services[JobStatisticsHandler](JobStatistics(), SYSTEM)
        told = Trace(collector.spans())
    assert told.paths() == {("JobStatistics",), ("JobStatistics", "SELECT")}
