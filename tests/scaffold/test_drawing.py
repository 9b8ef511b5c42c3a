"""Whatever can be asked for is understood, and comes to Python."""

import ast
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.parsing import parse_feature
from entrypoints.scaffold.rendering import Migration, render
from tests.scaffold.drawn import Drawn, batches, features

PROJECT = Checkout(Path(__file__).parents[2])
MIGRATION = Migration(revision="0002_new", down_revision="0001_first", created=date(2026, 11, 21))
AROUND = PROJECT.surroundings()


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=features())
def test_every_feature_that_is_drawn_comes_to_python(drawn: Drawn) -> None:
    feature = parse_feature(
        drawn.name,
        drawn.fields,
        AROUND,
        is_owned="--owned" in drawn.flags,
        soft_deletes="--soft-delete" in drawn.flags,
        has_events="--events" in drawn.flags,
        is_searchable="--searchable" in drawn.flags,
    )

    for path, text in render(feature, MIGRATION, PROJECT.templates).files.items():
        if path.endswith(".py"):
            ast.parse(text)


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_batch_has_every_type_and_every_flag(data: st.DataObject) -> None:
    batch = data.draw(batches(4))

    kinds = {field.split(":")[1].partition("(")[0] for each in batch for field in each.fields}
    assert len(kinds) == 13
    assert {len({flag in each.flags for each in batch}) for flag in ("--owned", "--events")} == {2}
