"""Several processes, counted as one; here each is a slot of the same process."""

from contextlib import ExitStack
from pathlib import Path

import attrs

from adapters.telemetry.metrics import Metrics
from adapters.telemetry.shared import Slot, Together


@attrs.define
class Workers:
    directory: Path
    running: dict[str, ExitStack] = attrs.field(factory=dict)

    def start(self, name: str) -> Together:
        stack = self.running[name] = ExitStack()
        return Together(Metrics(), stack.enter_context(Slot.taken(self.directory)))

    def kill(self, name: str) -> None:
        """What the system does of any process that ends."""
        self.running.pop(name).close()


def answers(worker: Together, times: int) -> None:
    for _ in range(times):
        worker.metrics.request_begins()
        worker.metrics.request_ends("GET", "/users", 200, 0.003)


def figure(told_by: Together, name: str, **labels: str) -> float:
    """Summed over the series that have these labels."""
    return sum(
        value
        for family in told_by.collect()
        for (sample, pairs), value in family.samples.items()
        if sample == name and labels.items() <= dict(pairs).items()
    )


REQUESTS = "tessera_http_requests_total"


def test_what_all_have_counted_is_told_by_each(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    one, other = workers.start("one"), workers.start("other")
    answers(one, 3)
    answers(other, 4)
    one.share()

    assert figure(other, REQUESTS) == 7
    assert figure(one, REQUESTS) == 7
    assert figure(one, "tessera_http_request_duration_seconds_bucket", le="0.005") == 7


def test_what_one_process_alone_has_is_told_for_each(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    one, other = workers.start("one"), workers.start("other")
    other.share()

    for worker in ("0", "1"):
        assert figure(one, "process_resident_memory_bytes", worker=worker) > 1_000_000


def test_who_has_died_still_counts_and_is_busy_no_more(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    one, other = workers.start("one"), workers.start("other")
    answers(other, 4)
    other.metrics.request_begins()
    other.share()
    assert figure(one, "tessera_http_requests_in_flight") == 1

    workers.kill("other")

    assert figure(one, REQUESTS) == 4
    assert figure(one, "tessera_http_requests_in_flight") == 0
    assert figure(one, "process_resident_memory_bytes", worker="1") == 0


def test_whoever_comes_next_goes_on_from_there_and_leaves_no_more_files(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    one = workers.start("one")
    one.share()
    for generation in range(1, 6):
        again = workers.start("again")
        assert again.slot.number == 1
        answers(again, 2)
        again.share()
        workers.kill("again")
        assert figure(one, REQUESTS) == 2 * generation

    assert {path.name for path in tmp_path.iterdir()} == {"0.json", "0.lock", "1.json", "1.lock"}


def test_a_successor_tells_of_its_own_process(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    first = workers.start("first")
    first.share()
    before = figure(first, "python_gc_collections_total", generation="0")
    workers.kill("first")

    second = workers.start("second")

    assert figure(second, "python_gc_collections_total", generation="0") < 2 * before


def test_sharing_where_the_service_has_gone_does_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "shared"
    directory.mkdir()
    worker = Workers(directory).start("one")
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()

    worker.share()

    assert not directory.exists()
