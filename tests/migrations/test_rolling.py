"""A migration runs while the version before it serves: what would lock its tables for long, or
break its statements, is found before it is released. `docs/operations.md` has the rules."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from adapters.postgres.preflight import OLDEST_MAJOR_VERSION
from adapters.postgres.revision import migrations_directory
from alembic import op

BASELINE = "0011_dead_jobs"
"""What stands here was released as one: nobody has data of an older version."""

_EXCLUDED = (
    # Every migration has one: `adapters.postgres.migrations` sets it.
    "require-lock-timeout",
    # Counts and versions are bounded by what they count.
    "prefer-bigint-over-int",
    # What limits a migration is the lock that it waits for, not how long it works.
    "require-statement-timeout",
)


def sql_of(upgrade: Callable[[], None]) -> str:
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        upgrade()
    return f"BEGIN;{written.getvalue()}COMMIT;"


def risks_of(upgrade: Callable[[], None]) -> set[str]:
    """Names of the rules that it breaks, as Squawk documents them."""
    command = [
        str(Path(sys.executable).with_name("squawk")),
        f"--pg-version={OLDEST_MAJOR_VERSION}",
        f"--exclude={','.join(_EXCLUDED)}",
        "--reporter=json",
        "--stdin-filepath=migration.sql",
    ]
    found = subprocess.run(
        command, input=sql_of(upgrade), capture_output=True, text=True, check=False
    )
    return {each["rule_name"] for each in json.loads(found.stdout or "[]")}


def newer_than_the_baseline() -> list[Script]:
    directory = ScriptDirectory(str(migrations_directory()))
    return [
        each for each in directory.iterate_revisions("heads", BASELINE) if each.revision != BASELINE
    ]


@pytest.mark.parametrize("migration", newer_than_the_baseline(), ids=lambda each: each.revision)
def test_every_risk_is_taken_for_a_reason(migration: Script) -> None:
    reasons: dict[str, str] = getattr(migration.module, "risks", {})

    assert risks_of(migration.module.upgrade) == set(reasons)
    assert all(reasons.values())


def an_index_that_locks_out_writers() -> None:
    op.create_index("ix_users_full_name", "users", ["full_name"])


def an_index_beside_writers() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_users_full_name",
            "users",
            ["full_name"],
            if_not_exists=True,
            postgresql_concurrently=True,
        )


def a_column_that_older_versions_leave_out() -> None:
    op.add_column("users", sa.Column("colour", sa.Text(), nullable=False))


def a_column_with_a_default() -> None:
    op.add_column("users", sa.Column("colour", sa.Text(), server_default="", nullable=False))


def a_name_that_older_versions_do_not_know() -> None:
    op.alter_column("users", "full_name", new_column_name="name")


def a_check_of_every_row_under_a_lock() -> None:
    op.create_check_constraint("username_is_there", "users", "username <> ''")


def a_table_of_its_own() -> None:
    op.create_table("colours", sa.Column("name", sa.Text(), primary_key=True))
    op.create_index("ix_colours_name", "colours", ["name"])


@pytest.mark.parametrize(
    ("upgrade", "risk"),
    [
        (an_index_that_locks_out_writers, "require-concurrent-index-creation"),
        (a_column_that_older_versions_leave_out, "adding-required-field"),
        (a_name_that_older_versions_do_not_know, "renaming-column"),
        (a_check_of_every_row_under_a_lock, "constraint-missing-not-valid"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_risk_is_found(upgrade: Callable[[], None], risk: str) -> None:
    assert risk in risks_of(upgrade)


@pytest.mark.parametrize(
    "upgrade",
    [an_index_beside_writers, a_column_with_a_default, a_table_of_its_own],
    ids=lambda each: each.__name__,
)
def test_what_is_safe_is_let_through(upgrade: Callable[[], None]) -> None:
    assert risks_of(upgrade) == set()
