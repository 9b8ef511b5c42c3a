"""Who may call what: every route against every kind of caller, on one owner's things."""

import pytest

from domain.access import Permission
from tests.http.callers import as_holder_of, as_superuser, with_api_key
from tests.http.client import Client
from tests.http.contract import Contract, Operation, as_list
from tests.http.scene import GOOD_REQUESTS, Scene, a_scene, good_request, operations_of

# The stranger holds no permission; the owner is a member; the holder is a stranger with the one
# permission that the route declares, if it declares one. The key is the owner's, for all that a
# member may do with items; the superkey is a superuser's, for everything there is. A code stands
# for its problem.
TABLE = """
                        anonymous          stranger           owner              holder  superuser       key                superkey

greet                   200                200                200                -       200             200                200
health                  200                200                200                -       200             200                200
live                    200                200                200                -       200             200                200
ready                   200                200                200                -       200             200                200
explain_problem         200                200                200                -       200             200                200

login                   200                200                200                -       200             200                200
login_mfa               200                200                200                -       200             200                200
get_mfa                 not_authenticated  200                200                -       200             permission_denied  permission_denied
set_up_totp             not_authenticated  201                201                -       201             permission_denied  permission_denied
confirm_totp            not_authenticated  totp_not_found     200                -       totp_not_found  permission_denied  permission_denied
turn_off_totp           not_authenticated  totp_not_found     204                -       totp_not_found  permission_denied  permission_denied
renew_recovery_codes    not_authenticated  totp_not_found     200                -       totp_not_found  permission_denied  permission_denied
refresh                 200                200                200                -       200             200                200
get_tokens              200                200                200                -       200             200                200
introspect_token        not_authenticated  200                200                -       200             200                200
revoke_token            200                200                200                -       200             200                200
list_signing_keys       200                200                200                -       200             200                200
describe_server         200                200                200                -       200             200                200
logout                  not_authenticated  204                204                -       204             permission_denied  permission_denied
logout_all              not_authenticated  204                204                -       204             permission_denied  permission_denied
list_sessions           not_authenticated  200                200                -       200             permission_denied  permission_denied
revoke_session          not_authenticated  session_not_found  204                -       204             permission_denied  permission_denied
list_api_keys           not_authenticated  200                200                -       200             permission_denied  permission_denied
create_api_key          not_authenticated  permission_denied  201                -       201             permission_denied  permission_denied
revoke_api_key          not_authenticated  api_key_not_found  204                -       204             permission_denied  permission_denied

request_password_reset  202                202                202                -       202             202                202
reset_password          204                204                204                -       204             204                204
request_verification    not_authenticated  202                202                -       202             permission_denied  permission_denied
verify_email            204                204                204                -       204             204                204
report_not_me           204                204                204                -       204             204                204

register_user           201                201                201                -       201             201                201
list_users              not_authenticated  permission_denied  permission_denied  200     200             permission_denied  200
get_me                  not_authenticated  200                200                -       200             200                200
update_me               not_authenticated  200                200                -       200             permission_denied  permission_denied
delete_me               not_authenticated  204                204                -       last_superuser  permission_denied  permission_denied
change_password         not_authenticated  204                204                -       204             permission_denied  permission_denied
request_email_change    not_authenticated  202                202                -       202             permission_denied  permission_denied
get_user                not_authenticated  user_not_found     200                200     200             200                200
update_user             not_authenticated  user_not_found     200                200     200             permission_denied  200
delete_user             not_authenticated  user_not_found     permission_denied  204     204             permission_denied  204
restore_user            not_authenticated  user_not_found     permission_denied  200     200             permission_denied  200
assign_roles            not_authenticated  user_not_found     permission_denied  200     200             permission_denied  200

list_permissions        not_authenticated  200                200                -       200             200                200
list_roles              not_authenticated  permission_denied  permission_denied  200     200             permission_denied  200
create_role             not_authenticated  permission_denied  permission_denied  201     201             permission_denied  201
get_role                not_authenticated  permission_denied  permission_denied  200     200             permission_denied  200
update_role             not_authenticated  permission_denied  permission_denied  200     200             permission_denied  200
delete_role             not_authenticated  permission_denied  permission_denied  204     204             permission_denied  204

export_me               not_authenticated  200                200                -       200             permission_denied  permission_denied
list_audit              not_authenticated  permission_denied  permission_denied  200     200             permission_denied  200
list_security_events    not_authenticated  200                200                -       200             permission_denied  permission_denied

list_jobs               not_authenticated  permission_denied  permission_denied  200     200             permission_denied  200

list_items              not_authenticated  200                200                200     200             200                200
follow_items            not_authenticated  200                200                200     200             200                200
create_item             not_authenticated  permission_denied  201                201     201             201                201
create_items            not_authenticated  permission_denied  201                201     201             201                201
export_items            not_authenticated  200                200                200     200             200                200
import_items            not_authenticated  permission_denied  201                201     201             201                201
get_item                not_authenticated  item_not_found     200                200     200             200                200
update_item             not_authenticated  item_not_found     200                200     200             200                200
delete_item             not_authenticated  item_not_found     204                204     204             204                204
restore_item            not_authenticated  item_not_found     200                200     200             200                200

attach_file             not_authenticated  item_not_found     201                201     201             201                201
list_attachments        not_authenticated  item_not_found     200                200     200             200                200
download_attachment     not_authenticated  item_not_found     200                200     200             200                200
delete_attachment       not_authenticated  item_not_found     204                204     204             204                204
"""  # noqa: E501 - a row to a line
ACCESS_RULES = {"public", "signed-in", "in-person", "permission", "own-or-permission"}
_HEAD, *_LINES = [line.split() for line in TABLE.splitlines() if line]
EXPECTED = {
    (name, caller): outcome
    for name, *outcomes in _LINES
    for caller, outcome in zip(_HEAD, outcomes, strict=True)
    if outcome != "-"
}


@pytest.mark.parametrize(("name", "caller"), EXPECTED)
async def test_a_caller_may_do_what_the_table_says(
    client: Client, contract: Contract, name: str, caller: str
) -> None:
    operation = operations_of(contract)[name]
    scene = await a_scene(client, operation)
    calling = await _caller(caller, operation, scene)
    answer = await good_request(operation, scene).by(calling, operation)
    assert (answer.problem[1] or str(answer.status)) == EXPECTED[name, caller]


def test_every_route_has_its_row(contract: Contract) -> None:
    assert {name for name, _ in EXPECTED} == set(operations_of(contract)) == set(GOOD_REQUESTS)


def test_every_route_declares_who_may_call_it(contract: Contract) -> None:
    for name, operation in operations_of(contract).items():
        assert operation.access in ACCESS_RULES, name
        is_public = operation.access == "public"
        assert (EXPECTED[name, "anonymous"] != "not_authenticated") == is_public, name
        assert ((name, "holder") in EXPECTED) == ("permission" in operation.access), name
        assert (not is_public) <= ("security" in operation.definition), name
        refuses_keys = EXPECTED[name, "superkey"] == "permission_denied"
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
            return scene.owner if kind == "owner" else scene.client.bearing(scene.api_key)
        case _:
            superuser = await as_superuser(scene.client)
            everything = kind == "superkey"
            return await with_api_key(superuser, *Permission) if everything else superuser
