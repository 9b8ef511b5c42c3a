"""A feature as it was asked for: what the templates are filled from."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import attrs

from domain.email import MAX_EMAIL_LENGTH
from domain.text import Json
from domain.url import MAX_URL_LENGTH
from entrypoints.scaffold.words import Words

Bound = int | Decimal | date | datetime
Default = str | int | Decimal | bool | date | datetime | UUID | dict[str, Json]

LONGEST_LINE = 500
"""A line of that many characters still fits into an index, whatever they are."""
USUAL_LINE = 255
LONGEST_TEXT = 10_000
LONGEST_EMAIL = MAX_EMAIL_LENGTH
LONGEST_URL = MAX_URL_LENGTH
LARGEST_JSON = 16 * 1024


def is_more(one: Bound | Default, other: Bound | Default) -> bool:
    """Of two of one kind."""
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return one > other
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one > other
    return isinstance(one, date) and isinstance(other, date) and one > other


class Kind(StrEnum):
    STR = "str"
    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    UUID = "uuid"
    EMAIL = "email"
    URL = "url"
    ENUM = "enum"
    JSON = "json"
    REF = "ref"


WRITTEN = frozenset({Kind.STR, Kind.TEXT, Kind.EMAIL, Kind.URL})
NUMBERS = frozenset({Kind.INT, Kind.DECIMAL})
TIMES = frozenset({Kind.DATE, Kind.DATETIME})
_SORTED = NUMBERS | TIMES | {Kind.STR, Kind.BOOL, Kind.ENUM, Kind.EMAIL}
_EQUAL = frozenset({Kind.BOOL, Kind.UUID, Kind.EMAIL, Kind.ENUM, Kind.REF})
_TYPES = {
    Kind.STR: "str",
    Kind.TEXT: "str",
    Kind.INT: "int",
    Kind.DECIMAL: "Decimal",
    Kind.BOOL: "bool",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.UUID: "UUID",
    Kind.EMAIL: "str",
    Kind.URL: "str",
    Kind.JSON: "dict[str, Json]",
}
_LONGEST = {
    Kind.STR: USUAL_LINE,
    Kind.TEXT: LONGEST_TEXT,
    Kind.EMAIL: LONGEST_EMAIL,
    Kind.URL: LONGEST_URL,
}


@attrs.frozen(kw_only=True)
class Target:
    """A feature that a field can refer to."""

    singular: Words
    plural: Words
    is_owned: bool
    """Whether the caller may see only their own, but for the permission to read everyone's. Of
    users as well: everybody sees themselves."""
    soft_deletes: bool
    id_module: str
    """Where its `…Id` is defined."""
    goes_in_parts: bool = False
    """Whether those of an account that is purged are removed before it, so many at a time."""
    has_references: bool = False
    """Whether there have to be others before there can be one."""

    @property
    def id_type(self) -> str:
        return f"{self.singular.pascal}Id"

    @property
    def not_found(self) -> str:
        return f"{self.singular.pascal}NotFound"

    @property
    def module(self) -> str:
        return f"domain.{self.plural.snake}"


@attrs.frozen(kw_only=True)
class Field:
    """One thing that is known of each: an attribute, a column, a member of the JSON."""

    words: Words
    """As it was asked for; see `name`."""
    kind: Kind
    spelled: str
    """As it is asked for by `--field`."""
    is_required: bool = False
    is_unique: bool = False
    min: Bound | None = None
    max: Bound | None = None
    default: Default | None = None
    choices: Sequence[str] = ()
    """Of an enum: its values."""
    enum: str | None = None
    """Of an enum: its class, as `PurchaseOrderStatus`."""
    target: Target | None = None
    """Of a ref: what it refers to."""

    @property
    def name(self) -> str:
        """Of the attribute, the column and the member of the JSON: `status`, `customer_id`."""
        return f"{self.words.snake}_id" if self.target is not None else self.words.snake

    @property
    def is_nullable(self) -> bool:
        return not self.is_required and self.default is None

    @property
    def type_name(self) -> str:
        """In Python, where it has a value."""
        if self.target is not None:
            return self.target.id_type
        return self.enum or _TYPES[self.kind]

    @property
    def annotation(self) -> str:
        return f"{self.type_name} | None" if self.is_nullable else self.type_name

    @property
    def is_line(self) -> bool:
        return self.kind is Kind.STR

    @property
    def is_text(self) -> bool:
        return self.kind is Kind.TEXT

    @property
    def is_int(self) -> bool:
        return self.kind is Kind.INT

    @property
    def is_decimal(self) -> bool:
        return self.kind is Kind.DECIMAL

    @property
    def is_bool(self) -> bool:
        return self.kind is Kind.BOOL

    @property
    def is_date(self) -> bool:
        return self.kind is Kind.DATE

    @property
    def is_datetime(self) -> bool:
        return self.kind is Kind.DATETIME

    @property
    def is_uuid(self) -> bool:
        return self.kind is Kind.UUID

    @property
    def is_email(self) -> bool:
        return self.kind is Kind.EMAIL

    @property
    def is_url(self) -> bool:
        return self.kind is Kind.URL

    @property
    def is_enum(self) -> bool:
        return self.kind is Kind.ENUM

    @property
    def is_json(self) -> bool:
        return self.kind is Kind.JSON

    @property
    def is_ref(self) -> bool:
        return self.kind is Kind.REF

    @property
    def is_written(self) -> bool:
        """Its bounds are of its length."""
        return self.kind in WRITTEN

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    @property
    def is_time(self) -> bool:
        return self.kind in TIMES

    @property
    def is_searched(self) -> bool:
        """By `q`, where the feature is searchable."""
        return self.kind in {Kind.STR, Kind.TEXT}

    @property
    def is_sortable(self) -> bool:
        return self.kind in _SORTED and not self.is_nullable

    @property
    def is_filtered_by_value(self) -> bool:
        return self.kind in _EQUAL or (self.kind is Kind.STR and self.is_unique)

    @property
    def is_filtered_by_range(self) -> bool:
        """By `<name>_from`, which is inclusive, and `<name>_to`, which is exclusive."""
        return self.kind in NUMBERS | TIMES

    @property
    def is_filtered_by_content(self) -> bool:
        return self.kind is Kind.JSON

    @property
    def filters(self) -> Sequence[str]:
        """The names of its filters."""
        if self.is_filtered_by_range:
            return (f"{self.name}_from", f"{self.name}_to")
        is_filtered = self.is_filtered_by_value or self.is_filtered_by_content
        return (self.name,) if is_filtered else ()

    @property
    def shortest(self) -> int:
        """How many characters a written one has at least: something, where it has to be given."""
        if isinstance(self.min, int):
            return self.min
        return 1 if self.is_required or self.is_unique else 0

    @property
    def longest(self) -> int:
        """How many characters a written one has at most."""
        return self.max if isinstance(self.max, int) else _LONGEST[self.kind]


@attrs.frozen(kw_only=True)
class Feature:
    singular: Words
    plural: Words
    fields: Sequence[Field]
    is_owned: bool = False
    soft_deletes: bool = False
    has_events: bool = False
    is_searchable: bool = False

    @property
    def id_type(self) -> str:
        return f"{self.singular.pascal}Id"

    @property
    def not_found(self) -> str:
        return f"{self.singular.pascal}NotFound"

    @property
    def required(self) -> Sequence[Field]:
        return [field for field in self.fields if field.is_required]

    @property
    def optional(self) -> Sequence[Field]:
        """Those that may be left out: they are None, or have a default."""
        return [field for field in self.fields if not field.is_required]

    @property
    def unique(self) -> Sequence[Field]:
        return [field for field in self.fields if field.is_unique]

    @property
    def references(self) -> Sequence[Field]:
        return [field for field in self.fields if field.is_ref]

    @property
    def enums(self) -> Sequence[Field]:
        return [field for field in self.fields if field.is_enum]

    @property
    def searched(self) -> Sequence[Field]:
        """Those that `q` looks at, the weightiest first."""
        if not self.is_searchable:
            return ()
        searched = [field for field in self.fields if field.is_searched]
        return sorted(searched, key=lambda field: not field.is_line)

    @property
    def sortable(self) -> Sequence[Field]:
        return [field for field in self.fields if field.is_sortable]

    @property
    def sorts(self) -> Sequence[str]:
        return ["created_at", "updated_at", *(field.name for field in self.sortable)]

    def has(self, *kinds: str) -> bool:
        """Whether a field is of one of these."""
        return any(field.kind in kinds for field in self.fields)

    @property
    def target(self) -> Target:
        """It, as others refer to it."""
        return Target(
            singular=self.singular,
            plural=self.plural,
            is_owned=self.is_owned,
            soft_deletes=self.soft_deletes,
            id_module=f"domain.{self.plural.snake}",
            has_references=bool(self.references),
        )
