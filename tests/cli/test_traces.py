"""Where traces go, as `tessera config` tells."""

import pytest

from tests.cli.commands import Cli
from tests.cli.test_config import checks
from tests.collector import a_collector
from tests.free_port import free_port

NAME = "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_asks_the_collector(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    with a_collector() as collector:
        environment.setenv(NAME, f"http://127.0.0.1:{collector.port}/")
        assert checks(cli("config", "check", "--json").document)[-1] == ("traces", "ok")


def test_can_do_without_the_collector(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    environment.setenv(NAME, url)
    told = cli("config", "check", "--json")
    assert told.status == 0
    assert checks(told.document)[-1] == ("traces", f"{NAME}: {url} does not take them")


@pytest.mark.parametrize("url", ["collector:4318", "http://", "http://me:secret@collector:4318"])
def test_wants_a_plain_url(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv(NAME, url)
    refusal = Cli()("config", "show")
    assert refusal.status == 2
    assert f"{NAME}: must be like http://host:4318" in refusal.err
    assert "secret" not in refusal.err


def test_wants_its_extra(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(NAME, "http://collector:4318")
    environment.setattr("entrypoints.settings.rules.find_spec", lambda _: None)
    assert Cli()("config", "show").is_refused(
        f"{NAME}: wants the extra: `pip install tessera[otel]`", status=2
    )
