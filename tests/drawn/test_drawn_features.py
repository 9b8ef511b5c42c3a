"""Whatever features are asked for: they pass every check that the tree has, as they were written,
and go again without a trace."""

import sys
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from entrypoints.scaffold.words import Words
from tests.drawn.copied import Copy, a_copy
from tests.scaffold.drawn import Drawn, batches

CONCERNED = (
    "tests/architecture",
    "tests/cli/test_main.py",
    "tests/contracts/test_own_data_reader.py",
    "tests/contracts/test_role_repository.py",
    "tests/http/test_head.py",
    "tests/http/test_openapi.py",
    "tests/migrations",
)
"""By what they hold against all that there is."""
TABLES = (
    "tests/http/test_authorisation.py",
    "tests/http/test_every_problem.py",
    "tests/http/test_statement_budget.py",
)
"""Of which the rows of other features say nothing of these."""


def test_drawn_features_pass_every_check(size: int, times: int) -> None:
    for batch in drawn_batches(size, times):
        with a_copy() as copy:
            passes_every_check(copy, batch)


def drawn_batches(size: int, times: int) -> list[Sequence[Drawn]]:
    drawn: list[Sequence[Drawn]] = []

    @settings(
        max_examples=times + 1,
        phases=[Phase.generate],
        derandomize=times == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(batch=batches(size))
    def draw(batch: Sequence[Drawn]) -> None:
        drawn.append(batch)

    draw()
    # Hypothesis begins with the plainest, which says least.
    return drawn[1:]


def passes_every_check(copy: Copy, batch: Sequence[Drawn]) -> None:
    for drawn in batch:
        print("new feature", *drawn.words)
        copy.command("new", "feature", *drawn.words)
    copy.git("add", "--all", "--intent-to-add")
    added_and_deleted = [line.split() for line in copy.git("diff", "--numstat").splitlines()]
    assert {deleted for _, deleted, _ in added_and_deleted} == {"0"}
    copy.python("ruff", "format", "--check", "--quiet", ".")
    copy.python("ruff", "check", "--quiet", ".")
    copy.run(str(Path(sys.executable).with_name("lint-imports")))
    rows = " or ".join(name for each in batch for name in names_of(each))
    copy.all_of(
        ("mypy",),
        ("pytest", "-q", *CONCERNED, *own_tests(copy)),
        ("pytest", "-q", "-k", rows, *TABLES),
    )
    copy.git("reset", "--quiet")
    for drawn in reversed(batch):
        copy.command("remove", "feature", drawn.name, "--never-applied")
    assert copy.git("status", "--porcelain") == ""


def names_of(drawn: Drawn) -> tuple[str, str]:
    name = Words.of(drawn.name)
    return name.snake, name.plural().snake


def own_tests(copy: Copy) -> list[str]:
    made = copy.git("diff", "--name-only", "--diff-filter=A").splitlines()
    return [path for path in made if path.rpartition("/")[2].startswith("test_")]
