"""Plans how a feature goes again: its files, exactly the lines that others were given for it, and
its table where a database may have it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import attrs

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.insertion import without
from entrypoints.scaffold.migrations import closed_up, saying
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.plan import Change, Plan
from entrypoints.scaffold.record import MIGRATIONS, Record, digest_of
from entrypoints.scaffold.words import Words

_STEP = re.compile(r"^def (upgrade|downgrade)\(\)", re.MULTILINE)
_RISKS = re.compile(r"^risks\b.*?^}\n", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r'\A""".*?"""', re.DOTALL)


@attrs.frozen
class Removal:
    plan: Plan
    edits: Sequence[str]
    """What was changed by hand, and would be lost or be left behind."""


def record_of(name: str, checkout: Checkout) -> Record:
    """By its singular or plural; raise `BadFeature` where none was made that others do not need."""
    records = checkout.records
    wanted = Words.of(name)
    found = [
        record
        for record in records.values()
        if wanted in (record.singular_words, record.plural_words)
    ]
    if not found:
        made = ", ".join(record.plural for record in records.values()) or "none were"
        raise BadFeature(f"there is no feature {name} that was made here; {made}")
    [record] = found
    refers = re.compile(rf"\bref\(\s*{record.plural_words.snake}\s*\)")
    users = [
        each.plural
        for each in records.values()
        if any(refers.search(field.replace("-", "_")) for field in each.fields)
    ]
    if users:
        raise BadFeature(f"{', '.join(users)} refer to {record.plural}: remove them first")
    return record


def removal_of(record: Record, checkout: Checkout, today: date, *, is_applied: bool) -> Removal:
    """With `is_applied` the migration stays, and another one takes back what it did."""
    changes: dict[str, Change] = {record.path: Change(checkout.read(record.path), None)}
    edits = [f"{path} was written by hand" for path in _strangers(record, checkout)]
    for path, digest in record.files.items():
        text = checkout.read(path)
        if text is None or (is_applied and path.startswith(MIGRATIONS)):
            continue
        if digest_of(text) != digest:
            edits.append(f"{path} was changed by hand")
        changes[path] = Change(text, None)
    for path, inserted in record.lines.items():
        source = checkout.read(path)
        if source is None:
            continue
        left, missing = without(source, inserted)
        edits += [
            f"{path}: {each.lines.strip().splitlines()[0].strip()} was changed by hand"
            for each in missing
        ]
        changes[path] = Change(source, left)
    if is_applied:
        changes |= _taken_back(record, checkout, today)
    else:
        changes |= _closed_up(record, checkout, changes)
    return Removal(Plan(checkout.root, changes), edits)


def _strangers(record: Record, checkout: Checkout) -> Iterator[str]:
    """Files in folders that are the feature's alone."""
    for path in record.files:
        if path.endswith("/__init__.py"):
            for file in sorted((checkout.root / path).parent.glob("*.py")):
                found = file.relative_to(checkout.root).as_posix()
                if found not in record.files:
                    yield found


def _taken_back(record: Record, checkout: Checkout, today: date) -> Mapping[str, Change]:
    """A migration that does what the feature's own does backwards, and the other way round."""
    path = record.migration_path
    original = checkout.read(path)
    if original is None:
        raise BadFeature(f"{path} is gone, and was applied: bring it back first")
    plural = record.plural_words
    migration = checkout.migration_of(f"{plural.snake}_removed", today)
    swapped = _STEP.sub(
        lambda step: f"def {'downgrade' if step[1] == 'upgrade' else 'upgrade'}()",
        _RISKS.sub("", original),
    )
    first, second = [step.start() for step in _STEP.finditer(swapped)]
    head, one, other = swapped[:first], swapped[first:second].strip(), swapped[second:].strip()
    text = _HEADER.sub(f'"""{plural.titled} are no more."""', f"{head}{other}\n\n\n{one}\n")
    text = saying(text, "revision", migration.revision)
    text = saying(text, "down_revision", migration.down_revision)
    risks = (
        "risks = {\n"
        '    "ban-drop-table": "the version that serves meanwhile is not to be asked for them",\n'
        "}\n"
    )
    text = text.replace("depends_on = None\n", f"depends_on = None\n\n{risks}", 1)
    made = f"{MIGRATIONS}{today:%Y%m%d}_{plural.snake}_removed.py"
    if checkout.read(made) is not None:
        made = made.replace("_removed", f"_removed_{migration.revision[:4]}")
    return {made: Change(None, text)}


def _closed_up(
    record: Record, checkout: Checkout, changes: Mapping[str, Change]
) -> Mapping[str, Change]:
    """Whatever came behind the feature's migration comes behind the one before it."""
    others = {path: text for path, text in checkout.migrations if path not in changes}
    gone = {record.migration: checkout.revisions.get(record.migration)}
    closed: dict[str, Change] = {}
    for path, after in closed_up(others, gone).items():
        closed[path] = Change(others[path], after)
        closed |= _noted(path, others[path], after, checkout)
    return closed


def _noted(path: str, before: str, after: str, checkout: Checkout) -> Mapping[str, Change]:
    """In the record of the feature whose file it is."""
    for record in checkout.records.values():
        if record.files.get(path) == digest_of(before):
            files = {**record.files, path: digest_of(after)}
            changed = attrs.evolve(record, files=files)
            return {record.path: Change(record.text, changed.text)}
    return {}
