"""`tessera new feature`."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import attrs
import typer

from entrypoints.cli.failures import Refused, told_plainly
from entrypoints.cli.options import Yes
from entrypoints.cli.output import say
from entrypoints.cli.prompts import ask, is_so
from entrypoints.scaffold.checkout import Checkout, NoCheckout
from entrypoints.scaffold.contract import NotWorking
from entrypoints.scaffold.feature import Feature, Field, Kind
from entrypoints.scaffold.making import plan_of
from entrypoints.scaffold.naming import BadFeature, must_differ
from entrypoints.scaffold.parsing import Surroundings, parse_feature, parse_field, parse_names
from entrypoints.scaffold.places import NoPlace
from entrypoints.scaffold.plan import Plan
from entrypoints.scaffold.ruff import NoRuff, NotInShape
from entrypoints.scaffold.words import Words

_FIRST_FIELD = "title:str:required"
_TYPES = ", ".join(Kind).replace("enum", "enum(a,b)").replace("ref", "ref(feature)")
_OTHERWISE = "name the feature, and see --help for the rest"
_ask = partial(ask, otherwise=_OTHERWISE)
_is_so = partial(is_so, otherwise=_OTHERWISE)


@attrs.frozen(kw_only=True)
class Flags:
    is_owned: bool
    soft_deletes: bool
    has_events: bool
    is_searchable: bool


def new_feature(
    name: Annotated[
        str | None,
        typer.Argument(
            help="One of them, like purchase-order; without it, everything is asked for.",
            show_default=False,
        ),
    ] = None,
    plural: Annotated[
        str | None, typer.Option(help="Many of them, where English does not form it by rule.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:TYPE[:CONSTRAINT…]",
            help="A field, like number:str:required:unique:max=40. Again for each.",
        ),
    ] = None,
    owned: Annotated[bool, typer.Option("--owned", help="Each belongs to an account.")] = False,
    soft_delete: Annotated[
        bool, typer.Option("--soft-delete", help="What was deleted can be restored.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="What happens to them can be followed live.")
    ] = False,
    searchable: Annotated[
        bool, typer.Option("--searchable", help="They can be searched by words.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be written.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Only show it, as a patch.")] = False,
    yes: Yes = False,
) -> None:
    """Write a feature: a resource in every layer, with its migration and its tests.

    A field is its name, its type and its constraints: required, unique, min=, max= and default=.
    Types are str, text, int, decimal, bool, date, datetime, uuid, email, url, enum(a,b), json and
    ref(feature).
    """
    with told_plainly(NoCheckout, BadFeature, NoPlace, NoRuff, NotInShape, NotWorking):
        checkout = Checkout.around(Path.cwd())
        around = checkout.surroundings()
        if name is None:
            feature = _asked_for(around)
        else:
            flags = Flags(
                is_owned=owned,
                soft_deletes=soft_delete,
                has_events=events,
                is_searchable=searchable,
            )
            feature = _parsed(name, plural, field or [], flags, around)
        plan = plan_of(feature, checkout, datetime.now(UTC).date())
    if diff:
        print(plan.diff, end="")
        return
    for line in plan.listing:
        print(line)
    if dry_run:
        return
    if name is None and not yes and not _is_so("Write them?", default=True):
        raise Refused("nothing was written")
    _write(plan, feature)


def _parsed(
    name: str, plural: str | None, fields: list[str], flags: Flags, around: Surroundings
) -> Feature:
    return parse_feature(
        name,
        fields,
        around,
        plural=plural,
        is_owned=flags.is_owned,
        soft_deletes=flags.soft_deletes,
        has_events=flags.has_events,
        is_searchable=flags.is_searchable,
    )


def _write(plan: Plan, feature: Feature) -> None:
    plan.write()
    say(f"made the feature {feature.plural.kebab}; now `git diff` shows it, `make check` tries it")


def _asked_for(around: Surroundings) -> Feature:
    """By questions, each asked again until the answer will do."""
    singular, plural = _asked_names(around)
    fields = _asked_fields(singular, plural, around)
    flags = Flags(
        is_owned=_is_so(f"Does each belong to an account ({_OWNED})?", default=True),
        soft_deletes=_is_so("Can what was deleted be restored?", default=False),
        has_events=_is_so("Can what happens to them be followed live?", default=False),
        is_searchable=any(field.is_searched for field in fields)
        and _is_so("Can they be searched by words?", default=True),
    )
    spelled = [field.spelled for field in fields]
    return _parsed(singular.kebab, plural.kebab, spelled, flags, around)


_OWNED = "or else to the service, and all is by permission"


def _asked_names(around: Surroundings) -> tuple[Words, Words]:
    while True:
        try:
            name = _ask("What is one of them called?")
            singular, plural = parse_names(name, None, around)
            many = _ask("And many?", default=plural.kebab)
            return parse_names(singular.kebab, many, around)
        except BadFeature as error:
            say(f"error: {error}")


def _asked_fields(singular: Words, plural: Words, around: Surroundings) -> list[Field]:
    say("What is known of each? Like number:str:required:unique:max=40; an empty line ends it.")
    say(f"Types: {_TYPES}. Constraints: required, unique, min=, max=, default=.")
    fields: list[Field] = []
    while True:
        default = "" if fields else _FIRST_FIELD
        text = _ask("Field", default=default)
        if not text:
            return fields
        try:
            field = parse_field(text, singular, plural, around)
            must_differ([*fields, field], singular)
        except BadFeature as error:
            say(f"error: {error}")
        else:
            fields.append(field)
