"""Any JSON as a body, any form and any query, on every route that the document has: each is taken
or refused as documented, which the client checks of every answer."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import Permission
from domain.text import Json
from tests.http.any_json import ANY_JSON, REFUSED, TEXT, bounded, encoded
from tests.http.callers import Caller, as_member, as_superuser
from tests.http.client import Client
from tests.http.contract import Contract, Operation, as_list, as_object
from tests.http.every_route import a_scene, good_request
from tests.http.scene import Good, Scene

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_SENDABLE = TEXT.map(lambda text: text.encode("utf-8", "replace").decode())
_WRITTEN = _SENDABLE | st.from_regex(r"[0-9T:Z.+-]{1,30}", fullmatch=True)
_ACCOUNT = st.fixed_dictionaries(
    {},
    optional={
        "username": st.from_regex("[a-z0-9_.-]{3,50}", fullmatch=True) | TEXT,
        "full_name": TEXT | ANY_JSON,
    },
)
_ROLE = st.fixed_dictionaries(
    {"name": st.from_regex("[a-z][a-z0-9_-]{0,49}", fullmatch=True)},
    optional={
        "description": TEXT | ANY_JSON,
        "permissions": st.lists(st.sampled_from(Permission), max_size=4),
    },
)


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
    kept = {name: st.just(good[name]) | ANY_JSON for name in fields if name in good}
    strange = {name: TEXT | ANY_JSON for name in [*fields, "unknown"] if name not in good}
    return st.fixed_dictionaries(kept, optional=strange) | ANY_JSON


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
        return close_to(known, fields).map(encoded) | st.binary(max_size=40)
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


@bounded(60)
@given(body=_ROLE)
async def test_what_a_role_is_made_of_is_what_is_read(superuser: Caller, body: object) -> None:
    answer = await superuser.post("/roles", content=encoded(body), headers={"Content-Type": JSON})
    if answer.status != 201:
        assert answer.problem[1] in REFUSED | {"role_name_taken"}
        return
    read = await superuser.get(f"/roles/{answer['name']}")
    assert read.body == answer.body


@bounded(60)
@given(body=_ACCOUNT)
async def test_what_an_account_is_changed_to_is_what_is_read(member: Caller, body: object) -> None:
    answer = await member.patch("/users/me", content=encoded(body), headers={"Content-Type": JSON})
    if answer.status != 200:
        assert answer.problem[1] in REFUSED
        return
    assert (await member.get("/users/me")).body == answer.body


@pytest.fixture
async def member(client: Client) -> Caller:
    return await as_member(client)


@pytest.fixture
async def superuser(client: Client) -> Caller:
    return await as_superuser(client)


@pytest.fixture
async def scene(client: Client) -> Scene:
    return await a_scene(client)
