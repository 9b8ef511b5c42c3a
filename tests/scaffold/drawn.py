"""Draws features as they are asked for: names, fields with their constraints, and flags."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
from hypothesis import strategies as st

from entrypoints.scaffold.checkout import Checkout
from entrypoints.scaffold.feature import Kind
from entrypoints.scaffold.words import Words

FLAGS = ("--owned", "--soft-delete", "--events", "--searchable")
_NAMES = (
    "purchase-order", "invoice", "category", "status-report", "address", "box", "shelf-mark",
    "unit", "day", "hour", "parcel", "project2", "price-list", "user-group",
    "registered-share-holder", "store", "contract",
)  # fmt: skip
_FIELDS = (
    "number", "title", "note", "amount", "price", "is_paid", "due", "sent_at", "code", "contact",
    "home_page", "status", "extras", "customer", "state", "name", "kind", "value", "values", "data",
    "text", "line_2", "article", "user", "role", "key", "count", "result", "message", "day",
    "time", "word", "x", "what_it_is_called_there", "store", "scene",
)  # fmt: skip
_AROUND = Checkout(Path(__file__).parents[2]).surroundings()
_FREE = [
    name
    for name in _NAMES
    if not {Words.of(name).snake, Words.of(name).plural().snake} & set(_AROUND.taken)
]
"""A team may have made some of these."""
_NEVER_UNIQUE = {Kind.TEXT, Kind.BOOL, Kind.ENUM, Kind.JSON, Kind.REF}
_CHOICES = ("new", "in-transit", "done", "left_out", "a", "b2")
_DAY = date(2026, 3, 1)
_MOMENT = datetime(2026, 3, 1, 8, 15, tzinfo=UTC)


@attrs.frozen
class Drawn:
    """What is typed."""

    name: str
    fields: Sequence[str]
    flags: Sequence[str]

    @property
    def words(self) -> Sequence[str]:
        fields = [word for field in self.fields for word in ("--field", field)]
        return [self.name, *fields, *self.flags]


@st.composite
def batches(draw: st.DrawFn, size: int) -> Sequence[Drawn]:
    """So many features that between them have every type, and later ones refer to earlier ones.
    Each flag is given to one of them at least, and to one at least it is not."""
    names = draw(st.lists(st.sampled_from(_FREE), min_size=size, max_size=size, unique=True))
    kinds = draw(st.permutations([kind for kind in Kind if kind is not Kind.REF]))
    some = st.sets(st.integers(0, size - 1), min_size=1, max_size=max(1, size - 1))
    having = {flag: draw(some) for flag in FLAGS}
    batch: list[Drawn] = []
    for place, name in enumerate(names):
        flags = [flag for flag in FLAGS if place in having[flag]]
        targets = [*_AROUND.targets, *(Words.of(each.name).plural().snake for each in batch)]
        own = [*kinds[place::size], Kind.REF, *draw(st.lists(st.sampled_from(Kind), max_size=2))]
        if not {Kind.STR, Kind.TEXT} & set(own):
            own.append(draw(st.sampled_from([Kind.STR, Kind.TEXT])))
        called = draw(st.permutations(_FIELDS))[: len(own)]
        fields = [
            f"{field}:{draw(typed(kind, targets))}" for field, kind in zip(called, own, strict=True)
        ]
        batch.append(Drawn(name, fields, flags))
    return batch


@st.composite
def features(draw: st.DrawFn) -> Drawn:
    [drawn] = draw(batches(1))
    return attrs.evolve(drawn, flags=sorted(draw(st.sets(st.sampled_from(FLAGS)))))


@st.composite
def typed(draw: st.DrawFn, kind: Kind, targets: Sequence[str]) -> str:
    """A type with constraints that fit."""
    presence = draw(st.sampled_from(["required", "optional", "default"]))
    is_unique = draw(st.booleans()) and presence != "default" and kind not in _NEVER_UNIQUE
    inside, bounds = "", list[str]()
    if kind is Kind.REF:
        inside, default = f"({draw(st.sampled_from(targets))})", ""
        presence = "required" if presence == "default" else presence
    elif kind is Kind.ENUM:
        choices = draw(st.lists(st.sampled_from(_CHOICES), min_size=2, unique=True))
        inside, default = f"({','.join(choices)})", choices[-1]
    else:
        bounds, default = draw(_VALUES[kind])
    return ":".join(
        [
            f"{kind}{inside}",
            *([presence] if presence == "required" else []),
            *(["unique"] if is_unique else []),
            *bounds,
            *([f"default={default}"] if presence == "default" else []),
        ]
    )


@st.composite
def _bounded(
    draw: st.DrawFn, least: object, most: object, default: str, *, always: bool = False
) -> tuple[list[str], str]:
    bounds = [f"min={least}"] if draw(st.booleans()) else []
    bounds += [f"max={most}"] if always or draw(st.booleans()) else []
    return bounds, default


def _times(first: date, last: date, default: str) -> st.SearchStrategy[tuple[list[str], str]]:
    return _bounded(first.isoformat(), last.isoformat(), default)


_WRITTEN = st.tuples(
    st.sampled_from([0, 1, 5, 120]),
    st.integers(12, 380),
    st.sampled_from(["plain", "a: b, c", 'it\'s "so"', "größer"]),
).flatmap(lambda each: _bounded(each[0], sum(each[:2]), each[2].ljust(each[0], ".")))
_VALUES: Mapping[Kind, st.SearchStrategy[tuple[list[str], str]]] = {
    Kind.STR: _WRITTEN,
    Kind.TEXT: _WRITTEN,
    Kind.EMAIL: st.integers(30, 254).flatmap(lambda most: _bounded(3, most, "ann@example.com")),
    Kind.URL: st.tuples(st.sampled_from([10, 120]), st.integers(50, 380)).flatmap(
        lambda each: _bounded(
            each[0], sum(each), "https://example.com:8443/a?b=c".ljust(each[0], "d"), always=True
        )
    ),
    Kind.INT: st.tuples(st.integers(-1000, 1000), st.integers(500, 10**9)).flatmap(
        lambda each: _bounded(each[0], sum(each), str(each[0] + 7))
    ),
    Kind.DECIMAL: st.decimals(-100, 100, places=2).flatmap(
        lambda least: _bounded(least, least + 500, str(least + Decimal("0.125")))
    ),
    Kind.BOOL: st.sampled_from([([], "true"), ([], "false")]),
    Kind.DATE: _times(_DAY, _DAY + timedelta(days=1000), "2026-05-01"),
    Kind.DATETIME: _times(_MOMENT, _MOMENT + timedelta(days=900), "2026-05-01T10:00:00+02:00"),
    Kind.UUID: st.just(([], "0190d3b0-5a3e-7c11-8d3a-0c3f5ad0b001")),
    Kind.JSON: st.sampled_from([([], "{}"), ([], '{"a": [1, null]}')]),
}
