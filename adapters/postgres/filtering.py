"""What filters choose, as conditions of a statement."""

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, or_

from application.filtering import (
    AtLeast,
    Before,
    Contains,
    Equals,
    Filter,
    HasPart,
    HasWords,
    Holds,
    IsSet,
    words_of,
)


def conditions_of(
    kind: type[Filter], table: Table, **special: ColumnElement[bool]
) -> dict[str, ColumnElement[bool]]:
    """By field, whose name is also the parameter's. `special` are those that ask for more than
    columns of the table; `TypeError` where such a one is missing."""
    conditions = {**special}
    for name, comparison in kind.comparisons.items():
        value: BindParameter[object] = bindparam(name)
        match comparison:
            case _ if name in special:
                pass
            case Equals(field):
                conditions[name] = table.c[field] == value
            case AtLeast(field):
                conditions[name] = table.c[field] >= value
            case Before(field):
                conditions[name] = table.c[field] < value
            case Contains(field):
                column = table.c[field]
                conditions[name] = column.contains(bindparam(name, type_=column.type))
            case IsSet(field):
                conditions[name] = table.c[field].is_not(None)
                conditions[_not(name)] = table.c[field].is_(None)
            case HasPart(fields):
                # By the database's own locale: "C" would fold the case of ASCII letters only.
                columns = [table.c[field].collate("default") for field in fields]
                conditions[name] = or_(*(each.ilike(value, escape="\\") for each in columns))
            case Holds() | HasWords():
                raise TypeError(f"{kind.__name__}.{name} wants a condition of its own")
    return conditions


def filters_of(chosen: Filter) -> dict[str, object]:
    """What matters of it, with the values that the conditions compare with."""
    filters: dict[str, object] = {}
    for name, comparison in chosen.present().items():
        value = getattr(chosen, name)
        match comparison:
            case IsSet() if not value:
                filters[_not(name)] = True
            case HasPart():
                escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
                filters[name] = f"%{escaped}%"
            case HasWords():
                # A tsquery that wants each word as the beginning of one in the text.
                filters[name] = " & ".join(f"{word}:*" for word in words_of(value))
            case _:
                filters[name] = value
    return filters


def _not(name: str) -> str:
    return f"not_{name}"
