"""Any JSON as a body, any form and any query, on every route that the document has: each is taken
or refused as documented, which the client checks of every answer."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.text import Json
from tests.http.callers import Caller, as_member, as_superuser
from tests.http.client import Client
from tests.http.contract import Contract, Operation, as_list, as_object
from tests.http.every_route import a_scene, good_request
from tests.http.scene import Good, Scene

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_REFUSED = {"validation_error", "malformed_json"}

# What clients may send, good and bad, from the alphabet in which trouble is written.
_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00\x1b\n\ud800\udfff\u202e\ufeff'\"\\%_{}"),
    ),
    max_size=40,
)
_NUMBER = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 1e308])
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBER, _TEXT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_SENDABLE = _TEXT.map(lambda text: text.encode("utf-8", "replace").decode())
_WRITTEN = _SENDABLE | st.from_regex(r"[0-9T:Z.+-]{1,30}", fullmatch=True)
_ITEM = st.fixed_dictionaries(
    {},
    optional={
        "title": _TEXT | _JSON,
        "description": _TEXT | _JSON,
        "status": st.sampled_from(["draft", "active", "archived"]) | _JSON,
        "attributes": st.dictionaries(_TEXT, _JSON, max_size=4) | _JSON,
        "unknown": _JSON,
    },
)


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def _sent(body: object) -> bytes:
    return json.dumps(body).encode()


def bodies_of(contract: Contract, operation: Operation) -> dict[str, Mapping[str, Json]]:
    """By media type, the fields of its JSON or form."""
    content = as_object(as_object(operation.definition.get("requestBody", {})).get("content", {}))
    fields = {}
    for media_type in {JSON, FORM} & set(content):
        name = str(as_object(as_object(content[media_type])["schema"])["$ref"]).rpartition("/")[2]
        fields[media_type] = as_object(as_object(contract.schemas[name])["properties"])
    return fields


def query_of(operation: Operation) -> list[str]:
    parameters = map(as_object, as_list(operation.definition.get("parameters", [])))
    return [str(each["name"]) for each in parameters if each["in"] == "query"]


def close_to(good: Mapping[str, object], fields: Mapping[str, Json]) -> st.SearchStrategy[object]:
    """A body of which some is as it should be, so that the rest is looked at too."""
    kept = {name: st.just(good[name]) | _JSON for name in fields if name in good}
    strange = {name: _TEXT | _JSON for name in [*fields, "unknown"] if name not in good}
    return st.fixed_dictionaries(kept, optional=strange) | _JSON


@bounded(25)
@given(data=st.data())
async def test_every_route_takes_any_body_for_what_it_is(
    superuser: Caller, scene: Scene, contract: Contract, data: st.DataObject
) -> None:
    for operation in contract.operations:
        good = good_request(operation, scene)
        for media_type, fields in bodies_of(contract, operation).items():
            sent = good.json if media_type == JSON else good.form
            known = sent if isinstance(sent, dict) else {}
            await superuser.request(
                operation.method,
                good.path,
                content=data.draw(_encoded(media_type, known, fields), operation.name),
                headers={"Content-Type": media_type},
            )


def _encoded(
    media_type: str, known: Mapping[str, object], fields: Mapping[str, Json]
) -> st.SearchStrategy[bytes]:
    if media_type == JSON:
        return close_to(known, fields).map(_sent) | st.binary(max_size=40)
    names = st.sampled_from([*fields, "unknown"])
    pairs = st.lists(st.tuples(names, _SENDABLE), max_size=6)
    form = pairs.map(lambda each: "&".join(f"{name}={value}" for name, value in each).encode())
    return form | st.binary(max_size=40)


@bounded(40)
@given(data=st.data())
async def test_every_route_takes_any_query_for_what_it_is(
    superuser: Caller, scene: Scene, contract: Contract, data: st.DataObject
) -> None:
    for operation in contract.operations:
        names = query_of(operation)
        if operation.method == "GET" and names and not _lasts(good_request(operation, scene)):
            query = data.draw(
                st.dictionaries(st.sampled_from([*names, "unknown"]), _WRITTEN), operation.name
            )
            path = good_request(operation, scene).path
            await superuser.get(path, params=query)


def _lasts(good: Good) -> bool:
    """A stream of events, which ends when its reader leaves."""
    return "follow=false" in good.path


@bounded(120)
@given(body=_ITEM | _JSON)
async def test_what_an_item_is_made_of_is_what_is_read(member: Caller, body: object) -> None:
    answer = await member.post("/items", content=_sent(body), headers={"Content-Type": JSON})
    if answer.status != 201:
        assert answer.problem[1] in _REFUSED
        return
    read = await member.get(f"/items/{answer['id']}")
    assert read.body == answer.body


@bounded(120)
@given(body=_ITEM | _JSON)
async def test_what_an_item_is_changed_to_is_what_is_read(
    member: Caller, item: str, body: object
) -> None:
    answer = await member.patch(
        f"/items/{item}", content=_sent(body), headers={"Content-Type": JSON}
    )
    if answer.status != 200:
        assert answer.problem[1] in _REFUSED
        return
    for name in as_object(body):
        if name == "attributes":
            assert answer[name] == as_object(body)[name]
    assert (await member.get(f"/items/{item}")).body == answer.body


@pytest.fixture
async def member(client: Client) -> Caller:
    return await as_member(client)


@pytest.fixture
async def superuser(client: Client) -> Caller:
    return await as_superuser(client)


@pytest.fixture
async def scene(client: Client) -> Scene:
    return await a_scene(client)


@pytest.fixture
async def item(member: Caller) -> str:
    return (await member.post("/items", json={"title": "a"})).text("id")
