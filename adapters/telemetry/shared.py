"""The figures of several processes, added up.

Each process writes its own into a directory that all share, into a slot of its own: the lock on it
ends with the process, however that ends. Whoever takes the slot next goes on from what was counted
there, so that no counter ever falls, and there are never more slots than there were processes at
one time.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import attrs
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry
from pydantic import ConfigDict, TypeAdapter

from adapters.telemetry.metrics import Metrics

_GROWING = frozenset({"counter", "histogram"})
_WORKER = "worker"

Labels: TypeAlias = tuple[tuple[str, str], ...]
SampleKey: TypeAlias = tuple[str, Labels]
_Written: TypeAlias = tuple[str, str, str, list[tuple[str, Labels, float]]]
_FILE: TypeAdapter[list[_Written]] = TypeAdapter(
    list[_Written], config=ConfigDict(ser_json_inf_nan="constants")
)


@attrs.define
class Family:
    """One metric with all its samples."""

    name: str
    kind: str
    description: str
    samples: dict[SampleKey, float] = attrs.field(factory=dict)

    @classmethod
    def of(cls, metric: Metric) -> "Family":
        samples = {
            (each.name, tuple(sorted(each.labels.items()))): float(each.value)
            for each in metric.samples
        }
        return cls(metric.name, metric.type, metric.documentation, samples)

    def labelled(self, worker: int) -> "Family":
        samples = {
            (name, (*labels, (_WORKER, str(worker)))): value
            for (name, labels), value in self.samples.items()
        }
        return attrs.evolve(self, samples=samples)

    def add(self, other: "Family") -> None:
        for key, value in other.samples.items():
            self.samples[key] = self.samples.get(key, 0.0) + value

    def as_metric(self) -> Metric:
        metric = Metric(self.name, self.description, self.kind)
        for (name, labels), value in self.samples.items():
            metric.add_sample(name, dict(labels), value)
        return metric


def added_up(*several: Iterable[Family]) -> list[Family]:
    families: dict[str, Family] = {}
    for these in several:
        for each in these:
            if each.name in families:
                families[each.name].add(each)
            else:
                families[each.name] = attrs.evolve(each, samples=dict(each.samples))
    return list(families.values())


def exposed(families: Iterable[Family]) -> bytes:
    """As Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given([each.as_metric() for each in families]))
    return generate_latest(registry)


@attrs.frozen(eq=False)
class _Given(Collector):
    metrics: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def families_of(registry: CollectorRegistry) -> list[Family]:
    return [Family.of(metric) for metric in registry.collect()]


@attrs.frozen
class Alone:
    """The figures of a service that is one process."""

    metrics: Metrics

    def collect(self) -> list[Family]:
        own = [each.labelled(0) for each in families_of(self.metrics.own)]
        return [*families_of(self.metrics.summed), *own]

    def share(self) -> None:
        pass


@attrs.frozen
class Slot:
    """A place for one process at a time."""

    directory: Path
    number: int
    counted_before: list[Family] = attrs.field(repr=False)

    @classmethod
    @contextmanager
    def taken(cls, directory: Path) -> "Iterator[Slot]":
        """The first that nobody has."""
        for number in count():
            lock = _locked(directory, number)
            if lock is None:
                continue
            try:
                before = [each for each in _read(directory, number) if each.kind in _GROWING]
                yield cls(directory, number, _summed(before))
            finally:
                os.close(lock)
            return

    def write(self, families: Iterable[Family]) -> None:
        """All or nothing, for whoever reads meanwhile."""
        written = self.directory / f"{self.number}.written"
        written.write_bytes(_FILE.dump_json([_written(each) for each in families]))
        written.replace(_path(self.directory, self.number))


@attrs.frozen
class Together:
    """The figures of this process and of those that share the directory with it."""

    metrics: Metrics
    slot: Slot
    _one_at_a_time: Lock = attrs.field(factory=Lock, init=False, repr=False)

    def share(self) -> None:
        """Where the directory is gone, so is the service that made it."""
        with self._one_at_a_time, suppress(FileNotFoundError):
            own = [each.labelled(self.slot.number) for each in families_of(self.metrics.own)]
            self.slot.write([*self._counted(), *own])

    def collect(self) -> list[Family]:
        # Its own by way of the file as well, so that no other tells of less a moment later.
        self.share()
        return added_up(*(_of_slot(self.slot, number) for number in _slots(self.slot.directory)))

    def _counted(self) -> list[Family]:
        return added_up(families_of(self.metrics.summed), self.slot.counted_before)


def _of_slot(own: Slot, number: int) -> list[Family]:
    """Where nobody has the slot any more, only what grows still means something."""
    families = _read(own.directory, number)
    if number == own.number or _is_held(own.directory, number):
        return families
    return _summed(each for each in families if each.kind in _GROWING)


def _summed(families: Iterable[Family]) -> list[Family]:
    """Without those of one process alone, which begin anew with the next."""
    return [each for each in families if not _is_of_one(each)]


def _is_of_one(family: Family) -> bool:
    return any(labels and labels[-1][0] == _WORKER for _, labels in family.samples)


def _slots(directory: Path) -> Iterator[int]:
    for path in sorted(directory.glob("*.json")):
        yield int(path.stem)


def _locked(directory: Path, number: int) -> int | None:
    lock = os.open(directory / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _is_held(directory: Path, number: int) -> bool:
    lock = _locked(directory, number)
    if lock is None:
        return True
    os.close(lock)
    return False


def _path(directory: Path, number: int) -> Path:
    return directory / f"{number}.json"


def _read(directory: Path, number: int) -> list[Family]:
    try:
        text = _path(directory, number).read_bytes()
    except FileNotFoundError:
        return []
    return [_family(each) for each in _FILE.validate_json(text)]


def _written(family: Family) -> _Written:
    samples = [(name, labels, value) for (name, labels), value in family.samples.items()]
    return family.name, family.kind, family.description, samples


def _family(written: _Written) -> Family:
    name, kind, description, samples = written
    by_key = {(sample, labels): value for sample, labels, value in samples}
    return Family(name, kind, description, by_key)
