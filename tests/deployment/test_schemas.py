"""The deployment files are what Docker, Compose, Kubernetes and GitHub take them for."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import yaml
from kubernetes_validate import validate

from domain.text import Json
from entrypoints.cli.main import FEATURES
from entrypoints.settings.schema import Settings

PROJECT = Path(__file__).parents[2]
KUBERNETES = PROJECT / "deploy" / "kubernetes"
KUBERNETES_VERSION = "1.34"
# Of the image, not of the service.
_OF_OTHERS = frozenset({"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"})


@attrs.frozen
class Manifest:
    file: str
    document: dict[str, Json]

    @property
    def kind(self) -> str:
        return str(self.document["kind"])

    def __str__(self) -> str:
        metadata = self.document["metadata"]
        assert isinstance(metadata, dict)
        return f"{self.file}: {self.kind} {metadata['name']}"


def manifests() -> Iterator[Manifest]:
    for path in sorted(KUBERNETES.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            for document in yaml.safe_load_all(path.read_text()):
                yield Manifest(path.name, document)


def found_in(value: Json, key: str) -> Iterator[Json]:
    """Everything of that name, however deep."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for each in value.values():
            yield from found_in(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from found_in(each, key)


MANIFESTS = list(manifests())
COMPOSE: dict[str, dict[str, Json]] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    command = [str(Path(sys.executable).with_name("hadolint")), "--failure-threshold=style"]
    found = subprocess.run(
        [*command, PROJECT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.compose-spec", "docker-compose.yml"),
        *(
            ("vendor.github-workflows", str(path.relative_to(PROJECT)))
            for path in (PROJECT / ".github" / "workflows").iterdir()
        ),
    ],
)
def test_has_the_shape_that_its_schema_asks_for(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", f"--builtin-schema={schema}"]
    found = subprocess.run([*command, PROJECT / file], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("manifest", MANIFESTS, ids=str)
def test_kubernetes_knows_every_field(manifest: Manifest) -> None:
    validate(manifest.document, KUBERNETES_VERSION, strict=True)


def test_kustomize_is_told_of_every_manifest() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())

    assert set(kustomization["resources"]) == {each.file for each in MANIFESTS}


@pytest.mark.parametrize(
    "manifest", [each for each in MANIFESTS if each.kind in {"Deployment", "Job"}], ids=str
)
def test_every_container_runs_without_rights(manifest: Manifest) -> None:
    [pod] = [each for each in found_in(manifest.document, "template") if isinstance(each, dict)]
    assert next(found_in(pod, "runAsNonRoot")) is True
    assert next(found_in(pod, "automountServiceAccountToken")) is False
    for of_kind in ("containers", "initContainers"):
        for containers in found_in(pod, of_kind):
            assert isinstance(containers, list)
            for container in containers:
                assert isinstance(container, dict)
                assert container["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                }
                assert isinstance(container["resources"], dict)
                assert "memory" in str(container["resources"]["limits"])


def commands() -> Iterator[str]:
    for manifest in MANIFESTS:
        for args in found_in(manifest.document, "args"):
            assert isinstance(args, list)
            yield str(args[0])
    for service in COMPOSE["services"].values():
        if isinstance(service, dict) and "build" in service:
            command = service.get("command", ["serve"])
            assert isinstance(command, list)
            yield str(command[0])


def test_only_commands_that_there_are_are_run() -> None:
    assert set(commands()) <= set(FEATURES)


def test_only_settings_that_there_are_are_set() -> None:
    known = {name.upper() for name in Settings.model_fields}
    lines = (KUBERNETES / "settings.env").read_text().splitlines()

    assert {line.partition("=")[0] for line in lines} <= known
    for service in COMPOSE["services"].values():
        if isinstance(service, dict) and "build" in service:
            assert isinstance(service["environment"], dict)
            assert set(service["environment"]) - _OF_OTHERS <= known


def test_prometheus_takes_its_rules() -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("no promtool here; on Debian: apt-get install prometheus", pytrace=False)
    rules = PROJECT / "deploy" / "observability" / "alerts.yml"
    found = subprocess.run(
        [program, "check", "rules", rules], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_compose_mounts_only_what_there_is() -> None:
    for service in COMPOSE["services"].values():
        assert isinstance(service, dict)
        volumes = service.get("volumes", [])
        assert isinstance(volumes, list)
        for volume in map(str, volumes):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (PROJECT / source).is_file(), volume
