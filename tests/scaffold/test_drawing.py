"""Whatever can be asked for is understood, and comes to Python in lines that are not too long."""

import ast
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.parsing import parse_feature
from entrypoints.scaffold.rendering import Migration, render
from entrypoints.scaffold.ruff import in_shape
from tests.scaffold.drawn import Drawn, batches, features

PROJECT = Checkout(Path(__file__).parents[2])
MIGRATION = Migration(revision="0002_new", down_revision="0001_first", created=date(2026, 11, 21))
LONGEST_LINE = 100
AROUND = PROJECT.surroundings()


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=features())
def test_every_feature_that_is_drawn_comes_to_short_lines(drawn: Drawn) -> None:
    feature = parse_feature(
        drawn.name,
        drawn.fields,
        AROUND,
        is_owned="--owned" in drawn.flags,
        soft_deletes="--soft-delete" in drawn.flags,
        has_events="--events" in drawn.flags,
        is_searchable="--searchable" in drawn.flags,
    )

    rendered = render(feature, MIGRATION, PROJECT.templates).files
    made = {path: text for path, text in rendered.items() if path.endswith(".py")}
    for path, text in in_shape(made, PROJECT.root).items():
        ast.parse(text)
        assert [line for line in text.splitlines() if len(line) > LONGEST_LINE] == [], path


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_batch_has_every_type_and_every_flag(data: st.DataObject) -> None:
    batch = data.draw(batches(4))

    kinds = {field.split(":")[1].partition("(")[0] for each in batch for field in each.fields}
    assert len(kinds) == 13
    assert {len({flag in each.flags for each in batch}) for flag in ("--owned", "--events")} == {2}
