"""The figures that this process keeps, for Prometheus."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapters.telemetry.durations import Durations, Tally
from domain.service_name import IDENTIFIER

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"
_UNMATCHED = "unmatched"

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STATEMENT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_WAIT_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_JOB_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 600.0)

# By how a statement begins: a look-up that costs less than taking its first word.
_OPERATIONS = {
    "SELE": "select",
    "INSE": "insert",
    "UPDA": "update",
    "DELE": "delete",
    "WITH": "with",
    "BEGI": "begin",
    "COMM": "commit",
    "ROLL": "rollback",
}
_LETTERS = 4

# One more series for each of all the others, which tells when a counter began.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped


@attrs.frozen
class Reading:
    """A figure that somebody else keeps, and that is looked at when it is asked for."""

    name: str
    description: str
    read: Callable[[], float]
    labels: dict[str, str] = attrs.field(factory=dict)
    counts: bool = attrs.field(default=False, kw_only=True)
    """Whether it only ever grows."""


class _Readings(Collector):
    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for each in self._readings:
            kind = CounterMetricFamily if each.counts else GaugeMetricFamily
            family = families.setdefault(each.name, kind(each.name, each.description))
            name = f"{each.name}_total" if each.counts else each.name
            family.add_sample(name, each.labels, each.read())
        return families.values()


@attrs.define(eq=False)
class _OfRequests:
    """Of one route, method and status, found by one look-up."""

    durations: Tally
    count: int = 0


@attrs.frozen(eq=False)
class _Requests(Collector):
    counted: Mapping[tuple[str, str | None, int], _OfRequests]

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "tessera_http_requests",
            "Requests that were answered.",
            labels=["route", "method", "status"],
        )
        for (method, route, status), of_these in list(self.counted.items()):
            family.add_metric([route or _UNMATCHED, method, str(int(status))], of_these.count)
        return [family]


class Metrics:
    """Kept by the process alone and without a lock between processes: to count a request costs less
    than a microsecond. What several processes have counted is added up when it is asked for."""

    def __init__(self) -> None:
        self.summed = CollectorRegistry(auto_describe=False)
        """What means something when it is added up over all processes."""
        self.own = CollectorRegistry(auto_describe=False)
        """What means something for one process alone."""
        ProcessCollector(registry=self.own)
        PlatformCollector(registry=self.own)
        GCCollector(registry=self.own)
        self._readings: list[Reading] = []
        self.summed.register(_Readings(self._readings))
        self._in_flight = 0
        self.read(
            Reading(
                "tessera_http_requests_in_flight",
                "Requests that are being answered.",
                lambda: self._in_flight,
            )
        )
        self._request_seconds = self._durations(
            "tessera_http_request_duration_seconds",
            "From the head of a request to the end of its answer, streams of events aside.",
            _REQUEST_SECONDS,
            ["route", "method"],
        )
        self._of_requests: dict[tuple[str, str | None, int], _OfRequests] = {}
        self.summed.register(_Requests(self._of_requests))
        statements = self._durations(
            "tessera_database_statement_duration_seconds",
            "From a statement to its answer, without the wait for a connection.",
            _STATEMENT_SECONDS,
            ["operation"],
        )
        self._other_statements = statements.of(_OTHER)
        self._statements = {
            word: statements.of(operation) for word, operation in _OPERATIONS.items()
        }
        self._waits = self._durations(
            "tessera_database_wait_seconds",
            "Of those who had to wait for a connection, how long they did.",
            _WAIT_SECONDS,
        ).of()
        self._jobs = Counter(
            "tessera_jobs",
            "Attempts at jobs, by what came of them.",
            ["kind", "outcome"],
            registry=self.summed,
        )
        self._job_seconds = self._durations(
            "tessera_job_duration_seconds", "Of attempts at jobs.", _JOB_SECONDS, ["kind"]
        )
        self._job_latency = self._durations(
            "tessera_job_start_latency_seconds",
            "From when a job was to begin to its first attempt.",
            _JOB_SECONDS,
            ["queue"],
        )
        self._mails = Counter(
            "tessera_mails", "Mails, by what came of them.", ["outcome"], registry=self.summed
        )
        self._mail_seconds = self._durations(
            "tessera_mail_duration_seconds", "Of handing a mail over.", _JOB_SECONDS
        ).of()
        self._lag = self._durations(
            "tessera_event_loop_lag_seconds",
            "How much later than it should the event loop comes to what is due.",
            _WAIT_SECONDS,
        ).of()

    def tell_version(self, version: str) -> None:
        Info(IDENTIFIER, "What runs here.", registry=self.own).info({"version": version})

    def read(self, reading: Reading) -> None:
        """Have it looked at whenever the figures are asked for."""
        self._readings.append(reading)

    def request_begins(self) -> None:
        self._in_flight += 1

    def request_ends(
        self, method: str, route: str | None, status: int, seconds: float | None
    ) -> None:
        """`seconds` is None where they say nothing, as of a stream that lasts until it is left."""
        self._in_flight -= 1
        # Or anybody could make up as many as they like.
        if method not in _METHODS:
            method = _OTHER
        key = (method, route, status)
        of_these = self._of_requests.get(key)
        if of_these is None:
            path = route or _UNMATCHED
            of_these = self._of_requests[key] = _OfRequests(self._request_seconds.of(path, method))
        of_these.count += 1
        if seconds is not None:
            of_these.durations.took(seconds)

    def statement(self, sql: str, seconds: float) -> None:
        self._statements.get(sql[:_LETTERS], self._other_statements).took(seconds)

    def waited(self, seconds: float) -> None:
        self._waits.took(seconds)

    def job_started(self, queue: str, late: float) -> None:
        self._job_latency.of(queue).took(late)

    def job_ended(self, kind: str, outcome: str, seconds: float) -> None:
        self._jobs.labels(kind, outcome).inc()
        self._job_seconds.of(kind).took(seconds)

    def mail(self, outcome: str, seconds: float) -> None:
        self._mails.labels(outcome).inc()
        self._mail_seconds.took(seconds)

    def lagged(self, seconds: float) -> None:
        self._lag.took(seconds)

    def _durations(
        self, name: str, description: str, bounds: Sequence[float], labels: Sequence[str] = ()
    ) -> Durations:
        durations = Durations(name, description, bounds, labels)
        self.summed.register(durations)
        return durations
