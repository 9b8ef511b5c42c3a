"""Core statements as asyncpg runs them."""

from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import CreateTable

from adapters.postgres.query import compile_query

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("attributes", JSONB),
)


def test_values_are_given_by_name_and_sent_by_position() -> None:
    query = compile_query(
        select(THINGS.c.id).where(
            THINGS.c.name == bindparam("name"), THINGS.c.id > bindparam("least")
        )
    )
    assert query.sql.index("$1") < query.sql.index("$2")
    assert query.arguments({"least": 7, "name": "lamp", "unused": 1}) == ["lamp", 7]


def test_a_missing_value_is_a_bug_and_no_null() -> None:
    query = compile_query(select(THINGS).where(THINGS.c.id == bindparam("id_")))
    with pytest.raises(KeyError):
        query.arguments({})


def test_literals_stay_as_they_were_when_it_was_built() -> None:
    query = compile_query(
        select(THINGS).where(THINGS.c.name == "lamp", THINGS.c.id == bindparam("id_"))
    )
    assert query.arguments({"id_": 1}) == ["lamp", 1]
    assert "lamp" not in query.sql


def test_a_name_that_comes_twice_is_given_once() -> None:
    name = bindparam("name", type_=String)
    query = compile_query(select(THINGS).where((THINGS.c.name == name) | (name == "all")))
    assert query.arguments({"name": "lamp"}).count("lamp") >= 1


def test_values_are_converted_as_their_types_have_it() -> None:
    query = compile_query(insert(THINGS), ["attributes"])
    assert query.arguments({"attributes": {"a": [1, None]}}) == ['{"a":[1,null]}']


def test_only_the_named_columns_are_written() -> None:
    query = compile_query(update(THINGS).where(THINGS.c.id == bindparam("key_")), ["name"])
    assert "attributes" not in query.sql
    assert sorted(map(str, query.arguments({"key_": 1, "name": "lamp"}))) == ["1", "lamp"]


def test_the_types_of_bare_parameters_are_told_to_the_server() -> None:
    names = bindparam("names", type_=ARRAY(String))
    query = compile_query(select(names.label("names")))
    assert "VARCHAR[]" in query.sql


def test_it_is_for_statements_with_values_only() -> None:
    with pytest.raises(TypeError):
        compile_query(CreateTable(THINGS))
    assert compile_query(text("SELECT :id")).arguments({"id": UUID(int=1)}) == [UUID(int=1)]
