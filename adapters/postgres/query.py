"""SQLAlchemy Core statements, compiled once into what asyncpg runs."""

from collections.abc import Callable, Mapping, Sequence

import attrs
from pydantic_core import to_json
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler


def _as_json(value: object) -> str:
    return to_json(value).decode()


_DIALECT = PGDialect_asyncpg(json_serializer=_as_json)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped

Convert = Callable[[object], object]


@attrs.frozen
class Query:
    """The text of a statement, and how its named values become positional arguments."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object] = attrs.field(repr=False)
    """Literals that the statement was built with; the rest is given at each call."""
    converters: tuple[tuple[str, Convert], ...] = attrs.field(repr=False)
    """What SQLAlchemy's types do to a value before it is sent."""

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        if self.fixed:
            values = {**self.fixed, **values}
        if self.converters:
            converted = dict(values)
            for name, convert in self.converters:
                converted[name] = convert(values[name])
            values = converted
        return [values[name] for name in self.names]


def compile_query(statement: ClauseElement, columns: Sequence[str] | None = None) -> Query:
    """Compile at import, or behind a cache: this costs as much as the query itself.

    `columns` names what an INSERT or UPDATE sets, where the statement does not say so.
    """
    compiled = statement.compile(
        dialect=_DIALECT,
        column_keys=None if columns is None else list(columns),
        compile_kwargs={"render_postcompile": True},
    )
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{statement!r} is no statement with values")
    names = tuple(compiled.positiontup or ())
    fixed = {
        name: value
        for name, value in compiled.params.items()
        if value is not None and not compiled.binds[name].required
    }
    converters = []
    for name in dict.fromkeys(names):
        convert = compiled.binds[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        if convert is not None:
            converters.append((name, convert))
    return Query(str(compiled), names, fixed, tuple(converters))
