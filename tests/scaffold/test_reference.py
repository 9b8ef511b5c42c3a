"""A change of the house style shows in a review, by what one feature comes out as."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.making import plan_of
from entrypoints.scaffold.parsing import parse_feature
from entrypoints.scaffold.record import Record
from tests.scaffold.tree import TODAY

PROJECT = Checkout(Path(__file__).parents[2])
REFERENCE = Path(__file__).with_name("reference")
FIELDS = (
    "number:str:required:unique:max=40",
    "status:enum(new,in-transit,done):default=new",
    "weight:decimal:required:min=0",
    "pieces:int:default=1",
    "is_fragile:bool:default=false",
    "due:date",
    "sent_at:datetime",
    "tracking:uuid",
    "contact:email:required",
    "home_page:url",
    "extras:json",
    "notes:text",
    "customer:ref(users):required",
)


def test_a_feature_comes_out_as_it_was_looked_at() -> None:
    """Where the change is meant, run this with UPDATE_SNAPSHOT=1 and commit what it writes."""
    made = dict(as_it_comes_out())
    if os.environ.get("UPDATE_SNAPSHOT"):
        shutil.rmtree(REFERENCE, ignore_errors=True)
        for path, text in made.items():
            (REFERENCE / path).parent.mkdir(parents=True, exist_ok=True)
            (REFERENCE / path).write_text(text, encoding="utf-8")

    assert made == as_it_was_looked_at()


def as_it_was_looked_at() -> Mapping[str, str]:
    files = [file for file in REFERENCE.rglob("*") if file.is_file()]
    return {
        file.relative_to(REFERENCE).as_posix(): file.read_text(encoding="utf-8") for file in files
    }


def as_it_comes_out() -> Iterator[tuple[str, str]]:
    """Each of its files as one of text, so that nobody takes it for code of this tree; and one of
    the lines that others are given."""
    feature = parse_feature(
        "specimen",
        FIELDS,
        PROJECT.surroundings(),
        is_owned=True,
        soft_deletes=True,
        has_events=True,
        is_searchable=True,
    )
    plan = plan_of(feature, PROJECT, TODAY)
    migration = PROJECT.migration_of(feature.plural.snake, TODAY)
    record = Record.of_text(plan.changes[".features/specimens.json"].after or "")
    for path in record.files:
        text = plan.changes[path].after or ""
        if path == record.migration_path:
            # They grow with every other migration.
            text = text.replace(migration.revision, "0002_specimens")
            text = text.replace(migration.down_revision, "0001_first")
        yield f"{path}.txt", text
    lines = [
        f"{path}: {each.where}\n{each.lines}"
        for path, inserted in record.lines.items()
        for each in inserted
    ]
    yield "lines.txt", "\n".join(lines)
