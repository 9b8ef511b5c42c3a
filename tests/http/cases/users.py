"""Accounts."""

from adapters.postgres.own_data import OWN_DATA
from domain.access import ADMIN
from tests.http.callers import OTHER_PASSWORD, PASSWORD, as_member, as_superuser
from tests.http.cases.access import ACCESS, SPARE
from tests.http.cases.feature import Feature
from tests.http.client import Answer
from tests.http.provoking import Case, unknown
from tests.http.scene import Good


async def email_taken(case: Case) -> Answer:
    return await case.with_json(case.client, email=case.scene.owner.email)


async def username_taken(case: Case) -> Answer:
    other = await as_member(case.client)
    return await case.with_json(await case.allowed(), username=other.username)


async def with_an_unknown_role(case: Case) -> Answer:
    return await case.with_json(await as_superuser(case.client), roles=["unheard-of"])


async def with_a_role_of_ones_choice(case: Case) -> Answer:
    return await case.with_json(case.client, roles=[ADMIN])


async def deletes_oneself(case: Case) -> Answer:
    return await case.send(await as_superuser(case.client))


async def last_superuser(case: Case) -> Answer:
    superuser = await as_superuser(case.client)
    return await superuser.request(
        case.operation.method,
        superuser.path,
        json={"is_superuser": False} if case.operation.id == "update_user" else None,
    )


USERS = Feature(
    requests={
        "register_user": lambda _: Good(
            "/users", json={"email": "new@example.com", "password": PASSWORD}
        ),
        "list_users": lambda _: Good("/users"),
        "get_me": lambda _: Good("/users/me"),
        "update_me": lambda _: Good("/users/me", json={"full_name": "Ann"}),
        "delete_me": lambda _: Good("/users/me", json={"password": PASSWORD}),
        "change_password": lambda _: Good(
            "/users/me/password",
            json={"current_password": PASSWORD, "new_password": OTHER_PASSWORD},
        ),
        "request_email_change": lambda _: Good(
            "/users/me/email", json={"new_email": "new@example.com", "password": PASSWORD}
        ),
        "get_user": lambda scene: Good(scene.owner.path),
        "update_user": lambda scene: Good(scene.owner.path, json={"full_name": "Ann"}),
        "delete_user": lambda scene: Good(scene.owner.path),
        "restore_user": lambda scene: Good(f"{scene.owner.path}/restore"),
        "assign_roles": lambda scene: Good(
            f"{scene.owner.path}/roles", json={"roles": ["member", SPARE]}
        ),
        "export_me": lambda _: Good("/users/me/export"),
    },
    outcomes="""
                      anonymous  stranger        owner  holder  superuser       key  superkey
register_user         201        201             201    -       201             201  201
list_users            401        403             403    200     200             403  200
get_me                401        200             200    -       200             200  200
update_me             401        200             200    -       200             403  403
delete_me             401        204             204    -       last_superuser  403  403
change_password       401        204             204    -       204             403  403
request_email_change  401        202             202    -       202             403  403
get_user              401        404             200    200     200             200  200
update_user           401        404             200    200     200             403  200
delete_user           401        404             403    204     204             403  204
restore_user          401        404             403    200     200             403  200
assign_roles          401        user_not_found  403    200     200             403  200
export_me             401        200             200    -       200             403  403
""",
    statements=f"""
register_user         BEGIN INSERT COMMIT BEGIN SELECT INSERT INSERT INSERT INSERT INSERT COMMIT
list_users            SELECT
get_me                SELECT
update_me             BEGIN SELECT UPDATE DELETE INSERT SELECT SELECT COMMIT
delete_me             BEGIN SELECT ROLLBACK BEGIN INSERT INSERT COMMIT BEGIN SELECT UPDATE COMMIT BEGIN SELECT SELECT SELECT UPDATE DELETE INSERT UPDATE INSERT INSERT INSERT SELECT COMMIT
change_password       BEGIN SELECT ROLLBACK BEGIN INSERT INSERT COMMIT BEGIN SELECT UPDATE COMMIT BEGIN SELECT UPDATE DELETE INSERT UPDATE DELETE INSERT INSERT INSERT SELECT COMMIT
request_email_change  BEGIN SELECT ROLLBACK BEGIN INSERT INSERT COMMIT BEGIN SELECT UPDATE COMMIT BEGIN INSERT INSERT COMMIT BEGIN SELECT SELECT DELETE INSERT INSERT INSERT INSERT INSERT COMMIT
get_user              SELECT
update_user           BEGIN SELECT UPDATE DELETE INSERT SELECT SELECT COMMIT
delete_user           BEGIN SELECT SELECT SELECT UPDATE DELETE INSERT UPDATE INSERT INSERT SELECT COMMIT
restore_user          BEGIN SELECT SELECT COMMIT
assign_roles          BEGIN SELECT SELECT SELECT UPDATE DELETE INSERT INSERT SELECT COMMIT
export_me             BEGIN {" SELECT" * len(OWN_DATA)} ROLLBACK
""",  # noqa: E501 - a row to a line
    about_lists={"export_me"},
    problems={
        "email_taken": email_taken,
        ("delete_me", "last_superuser"): deletes_oneself,
        "last_superuser": last_superuser,
        ("register_user", "permission_denied"): with_a_role_of_ones_choice,
        "role_not_found": with_an_unknown_role,
        "user_not_found": unknown,
        "username_taken": username_taken,
    },
    stands_on=(ACCESS,),
)
