"""What runs statements and asks PostgreSQL how it does them."""

import json
from collections.abc import Collection, Iterator, Mapping

import attrs

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.pool import RawConnection
from adapters.postgres.query import Query
from adapters.postgres.watchdog import Watchdog


@attrs.frozen
class Step:
    """A node of a plan."""

    kind: str
    table: str
    read: int
    """Rows that it gave and rows that it looked at in vain; 0 where the plan was not run."""

    @classmethod
    def all_of(cls, plan: Mapping[str, object]) -> "Iterator[Step]":
        read = _number(plan, "Actual Rows") + _number(plan, "Rows Removed by Filter")
        yield cls(str(plan["Node Type"]), str(plan.get("Relation Name", "")), read)
        below = plan.get("Plans", [])
        if isinstance(below, list):
            for each in below:
                yield from cls.all_of(each)


def _number(plan: Mapping[str, object], name: str) -> int:
    number = plan.get(name, 0)
    return int(number) if isinstance(number, int | float) else 0


class ExplainedConnection(Connection):
    """Collects the plan of each statement, as it is made for its values and as it is made once
    for all values: PostgreSQL goes over to that one when it seems as good."""

    def __init__(self, raw: RawConnection, watchdog: Watchdog) -> None:
        super().__init__(raw, watchdog)
        self.steps: list[Step] = []
        self.generic_steps: list[Step] = []

    def looks_up(self, large: Collection[str], *, at_most: int = 1) -> None:
        """In these tables by an index, reading no more rows than it needs."""
        for steps in (self.steps, self.generic_steps):
            assert steps, "nothing was asked"
            assert "Seq Scan" not in {step.kind for step in steps if step.table in large}
            assert not {step.kind for step in steps} & {"Sort", "Incremental Sort", "Gather"}
        assert all(step.read <= at_most for step in self.steps if step.table in large)

    async def rows(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        await self._explain(query, values)
        return await super().rows(query, values)

    async def rows_afresh(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        await self._explain(query, values, is_generic=False)
        return await super().rows_afresh(query, values)

    async def row(self, query: Query, values: Mapping[str, object]) -> Record | None:
        await self._explain(query, values)
        return await super().row(query, values)

    async def execute(self, query: Query, values: Mapping[str, object]) -> int:
        await self._explain(query, values, how="")
        return await super().execute(query, values)

    async def _explain(
        self,
        query: Query,
        values: Mapping[str, object],
        *,
        how: str = "ANALYZE, TIMING OFF, ",
        is_generic: bool = True,
    ) -> None:
        arguments = query.arguments(values)
        explain = f"EXPLAIN ({how}FORMAT JSON)"
        plan = await self._raw.fetchval(f"{explain} {query.sql}", *arguments)
        self.steps += Step.all_of(json.loads(plan)[0]["Plan"])
        if not is_generic:
            return
        await self._raw.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await self._raw.execute(f"PREPARE explained AS {query.sql}")
        nulls = f"({', '.join('NULL' for _ in arguments)})" if arguments else ""
        plan = await self._raw.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE explained {nulls}")
        self.generic_steps += Step.all_of(json.loads(plan)[0]["Plan"])
        await self._raw.execute("DEALLOCATE explained; RESET plan_cache_mode")


class ExplainedDatabase(Database):
    """The same for readers."""

    def __init__(self, connection: ExplainedConnection) -> None:
        self._connection = connection

    async def rows(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        return await self._connection.rows(query, values)

    async def rows_afresh(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        return await self._connection.rows_afresh(query, values)

    async def row(self, query: Query, values: Mapping[str, object]) -> Record | None:
        return await self._connection.row(query, values)
