"""Which names a feature and its fields can have."""

import builtins
import keyword
import re
from collections.abc import Sequence

from entrypoints.scaffold.feature import Field
from entrypoints.scaffold.words import Words

MOST_LETTERS = {"feature": 24, "field": 30}
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")
_LONGEST_INDEX = 63
"""Bytes of a name in PostgreSQL, which cuts off the rest."""

_SECRET = re.compile(r"password|secret|hash|token")
_ONES_OWN = frozenset(
    {
        "id", "owner", "owner_id", "created_at", "updated_at", "deleted_at", "version", "search",
        "metadata", "registry",
    }
)  # fmt: skip
_LISTING = frozenset(
    {
        "q", "limit", "skip", "cursor", "sort", "deleted", "created_from", "created_to",
        "updated_from", "updated_to", "rank",
    }
)  # fmt: skip
_OPERATIONS = frozenset(
    {
        "as_json", "at", "change", "cls", "command", "comparisons", "delete", "of", "page",
        "present", "restore", "self", "services", "work",
    }
)  # fmt: skip
_SHADOWING = frozenset(
    {
        "attrs", "construct", "copy", "date", "datetime", "json", "model_computed_fields",
        "model_config", "model_construct", "model_copy", "model_dump", "model_dump_json",
        "model_extra", "model_fields", "model_fields_set", "model_json_schema",
        "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate",
        "model_validate_json", "model_validate_strings", "schema", "validate",
    }
)  # fmt: skip
"""What a class of fields has already, or names the type of one."""
_PROGRAM = frozenset(
    {
        "actor", "ann", "annotated", "answer", "attrs", "begin", "bob", "body", "both", "chosen",
        "cli", "client", "clock", "collection", "command", "computed", "connection", "create",
        "cursor", "database", "date", "datetime", "decimal", "default", "delete", "entity", "error",
        "event", "expected", "field", "filter", "first", "get", "gone", "here", "index", "json",
        "known", "limit", "maker", "mapped", "mine", "moment", "name", "needed", "new", "note",
        "now", "numbers", "other", "page", "partial", "problem", "protocol", "query", "reader",
        "record", "request", "resource", "response", "restore", "route", "router", "row", "scene",
        "section", "self", "service", "shape", "socket", "sort", "start", "statement", "storage",
        "table", "test", "told", "uow", "update", "upwards", "version", "view", "window",
    }
)  # fmt: skip
_CLASSES = frozenset(
    {
        "changes", "event", "event_id", "event_type", "event_view", "events", "feed", "filter",
        "filter_query", "id", "not_found", "query", "reader", "repository", "row", "shape", "view",
    }
)  # fmt: skip
"""What follows the feature's name in its other classes, and so can't follow it in an enum's."""


class BadFeature(Exception):
    """What was asked for can't be made; the message says why, in one line."""


def must_be_usable(typed: str, words: Words, what: str) -> None:
    """Raise `BadFeature` where no `feature` or `field` can be called so."""
    name = words.snake
    if not _IDENTIFIER.match(name):
        raise BadFeature(
            f"{typed.strip() or 'nothing'} is no name for a {what}: "
            "write a letter of a-z, then a-z, 0-9 and - or _"
        )
    if len(name) > MOST_LETTERS[what]:
        raise BadFeature(
            f"{name} is too long for a {what}: at most {MOST_LETTERS[what]} characters"
        )
    if keyword.iskeyword(name) or keyword.iskeyword(words.pascal):
        raise BadFeature(f"{name} is a keyword of Python")
    if hasattr(builtins, name):
        raise BadFeature(f"{name} is a name of Python's own; say more of it, as order_{name}")
    if what == "field" and (found := _SECRET.search(name)):
        raise BadFeature(f"{name} sounds like a {found[0]}, and what does is never shown")
    of_fields = _LISTING | _OPERATIONS | _SHADOWING
    reserved = _ONES_OWN | (of_fields if what == "field" else _PROGRAM)
    if name in reserved:
        raise BadFeature(f"{name} is reserved: every feature has, or is made with, a {name}")


def must_differ(fields: Sequence[Field], singular: Words) -> None:
    """Raise `BadFeature` where two fields, or the filters by them, are called alike, or one as the
    feature's own address is."""
    fields_of: dict[str, Field] = {}
    filters_of: dict[str, Field] = {}
    for field in fields:
        if field.name == f"{singular.snake}_id":
            raise BadFeature(f"{field.name} is what {singular.with_article} is addressed by")
        for name in {field.name, field.words.snake}:
            if name in fields_of:
                raise BadFeature(f"{name} is there twice")
            fields_of[name] = field
        if field.is_enum and field.words.snake in _CLASSES:
            raise BadFeature(f"{field.name}: no enum can be called so")
    for field in fields:
        for name in field.filters:
            if name in _LISTING:
                raise BadFeature(f"{field.name}: its filter {name} is one that every feature has")
            if fields_of.get(name, field) is not field or name in filters_of:
                raise BadFeature(f"{name} is both a field and a filter by {field.name}")
            filters_of[name] = field


def must_fit_indexes(plural: Words, fields: Sequence[Field]) -> None:
    """Raise `BadFeature` where PostgreSQL would cut off the name of an index."""
    for field in fields:
        index = f"ix_{plural.snake}_owner_id_{field.name}_id"
        if len(index) > _LONGEST_INDEX:
            raise BadFeature(
                f"{field.name} and {plural.snake} are too long together: "
                f"the index {index} would have more than {_LONGEST_INDEX} characters"
            )
