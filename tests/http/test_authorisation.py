"""Who may call what: every route against every kind of caller, on one owner's things."""

from uuid import UUID

import pytest

from application.access.get_role import GetRole, GetRoleHandler
from domain.access import HELD_OVER_ONES_OWN, MEMBER, SYSTEM, Permission, UserId
from tests.builders import an_api_key
from tests.http.callers import as_holder_of, as_superuser, with_api_key
from tests.http.client import Answer, Client
from tests.http.contract import Contract, Operation, as_list
from tests.http.every_route import GOOD_REQUESTS, a_scene, good_request, operations_of
from tests.http.features import FEATURES
from tests.http.scene import Scene
from tests.storing import store

ACCESS_RULES = {"public", "signed-in", "in-person", "permission", "own-or-permission"}
EXPECTED = {key: outcome for each in FEATURES for key, outcome in each.outcomes.items()}


@pytest.mark.parametrize(("name", "caller"), EXPECTED)
async def test_a_caller_may_do_what_the_table_says(
    client: Client, contract: Contract, name: str, caller: str
) -> None:
    operation = operations_of(contract)[name]
    scene = await a_scene(client, operation)
    calling = await _caller(caller, operation, scene)
    answer = await good_request(operation, scene).by(calling, operation)
    assert outcome_of(operation, answer) == EXPECTED[name, caller]


def outcome_of(operation: Operation, answer: Answer) -> str:
    """As the tables have it."""
    status, code = answer.problem
    is_plain = code in {"", "not_authenticated", "permission_denied"}
    is_the_only_one = status == 404 and operation.codes("404") == {code}
    return str(status) if is_plain or is_the_only_one else code


def test_every_route_has_its_row(contract: Contract) -> None:
    assert {name for name, _ in EXPECTED} == set(operations_of(contract)) == set(GOOD_REQUESTS)


def test_every_route_declares_who_may_call_it(contract: Contract) -> None:
    for name, operation in operations_of(contract).items():
        assert operation.access in ACCESS_RULES, name
        is_public = operation.access == "public"
        assert (EXPECTED[name, "anonymous"] != "401") == is_public, name
        assert ((name, "holder") in EXPECTED) == ("permission" in operation.access), name
        assert (not is_public) <= ("security" in operation.definition), name
        refuses_keys = EXPECTED[name, "superkey"] == "403"
        assert refuses_keys == (operation.access == "in-person"), name
        takes_keys = {"api_key": []} in as_list(operation.definition.get("security", []))
        assert takes_keys == ("security" in operation.definition and not refuses_keys), name


async def _caller(kind: str, operation: Operation, scene: Scene) -> Client:
    match kind:
        case "anonymous":
            return scene.client
        case "stranger":
            return await as_holder_of(scene.client)
        case "holder":
            permission = Permission(str(operation.definition["x-permission"]))
            return await as_holder_of(scene.client, permission)
        case "owner" | "key":
            return scene.owner if kind == "owner" else await _with_a_members_key(scene)
        case _:
            superuser = await as_superuser(scene.client)
            everything = kind == "superkey"
            return await with_api_key(superuser, *Permission) if everything else superuser


async def _with_a_members_key(scene: Scene) -> Client:
    member = await scene.client.inside.services[GetRoleHandler](GetRole(name=MEMBER), SYSTEM)
    ports = scene.client.inside.ports
    secret = ports.api_key_secrets.fresh()
    key = an_api_key(
        user_id=UserId(UUID(scene.owner.user_id)),
        prefix=secret.prefix,
        key_hash=secret.key_hash,
        permissions=HELD_OVER_ONES_OWN | set(member.permissions),
        expires_at=None,
    )
    await store(ports.begin, key)
    return scene.client.bearing(secret.text)
