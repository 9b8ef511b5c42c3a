"""Who may import whom."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSIDE = sorted(
    path for layer in ("domain", "application") for path in (ROOT / layer).rglob("*.py")
)
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
ALLOWED = sys.stdlib_module_names | {"attrs", "domain", "application"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def test_the_layers_point_inwards() -> None:
    # In a process of its own: it silences the loggers of whoever calls it.
    checked = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_inside_imports_the_standard_library_and_attrs_alone(path: Path) -> None:
    foreign = {name for name in imported(path) if name.partition(".")[0] not in ALLOWED}

    assert not foreign


def test_the_domain_knows_no_use_case() -> None:
    domain = [path for path in INSIDE if path.is_relative_to(ROOT / "domain")]

    assert not [path for path in domain if any(n.startswith("application") for n in imported(path))]


def test_the_migrations_do_not_shadow_alembic() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
