"""Those who watch are shown figures that there are."""

import json
import re
from pathlib import Path

import pytest

from adapters.memory.cache import InProcessCache
from adapters.security.threads import BoundedThreads
from adapters.telemetry.metrics import Metrics
from adapters.telemetry.queues import families_of_queues
from adapters.telemetry.shared import Alone
from application.jobs.views import QueueView
from entrypoints.bootstrap.running import Inside
from entrypoints.bootstrap.watching import CacheUse
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import Telemetry

FOLDER = Path(__file__).parents[2] / "deploy" / "observability"
WATCHING = [FOLDER / "alerts.yml", FOLDER / "dashboard.json"]
_NAME = re.compile(r"\b(?:tessera_|process_|python_)[a-z_]+\b")
_PART = re.compile(r"_(bucket|count|sum)$")
_QUEUE = QueueView(queue="mail", due=1, delayed=0, running=0, failing=0, dead=0, age_seconds=0.5)


@pytest.fixture
def exposed_names(inside: Inside, settings: Settings) -> set[str]:
    """Of every series that a server may tell of, had it done everything once."""
    telemetry = Telemetry.of(settings)
    metrics = telemetry.metrics
    assert isinstance(metrics, Metrics)
    feeds = inside.services.feeds()
    caches: dict[str, CacheUse] = {"any": InProcessCache(1)}
    telemetry.look_at(inside.database.pool, [BoundedThreads("bcrypt", 1, 1)], feeds, caches)
    metrics.request_begins()
    metrics.request_ends("GET", "/users", 200, 0.001)
    metrics.job_started("mail", 0.001)
    metrics.job_ended("mail.send", "finished", 0.001)
    metrics.mail("sent", 0.001)
    families = [*Alone(metrics).collect(), *families_of_queues([_QUEUE])]
    return {_PART.sub("", name) for family in families for name, _ in family.samples}


def named_in(path: Path) -> set[str]:
    return {_PART.sub("", name) for name in _NAME.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", WATCHING, ids=lambda path: path.name)
def test_every_figure_that_is_watched_is_told(path: Path, exposed_names: set[str]) -> None:
    assert named_in(path)
    assert named_in(path) <= exposed_names


def test_every_figure_of_ours_is_shown(exposed_names: set[str]) -> None:
    ours = {name for name in exposed_names if name.startswith("tessera_")}

    assert ours - named_in(FOLDER / "dashboard.json") == {"tessera_info"}


def test_the_dashboard_has_no_two_panels_in_one_place() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)
