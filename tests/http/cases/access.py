"""Roles and permissions."""

from application.access.create_role import CreateRole, CreateRoleHandler
from domain.access import SYSTEM
from domain.errors import Unavailable
from tests.http.callers import as_superuser
from tests.http.cases.feature import Feature
from tests.http.client import Answer
from tests.http.provoking import Case, failing, unknown
from tests.http.scene import Good, Scene

SPARE = "spare"
"""A role that grants nothing and that nobody holds."""


async def furnish(scene: Scene) -> None:
    await scene.client.inside.services[CreateRoleHandler](CreateRole(name=SPARE), SYSTEM)


async def caller_unavailable(case: Case) -> Answer:
    return await case.send_while(failing(case.ports, Unavailable(), "callers"))


async def caller_makes_trouble(case: Case) -> Answer:
    return await case.send_while(failing(case.ports, ZeroDivisionError(), "callers"))


async def role_name_taken(case: Case) -> Answer:
    return await case.with_json(await case.allowed(), name=SPARE)


async def role_built_in(case: Case) -> Answer:
    return await case.send_to("member")


async def role_in_use(case: Case) -> Answer:
    superuser = await as_superuser(case.client)
    await superuser.put(f"{case.scene.owner.path}/roles", json={"roles": [SPARE]})
    return await case.send(superuser)


ACCESS = Feature(
    requests={
        "list_permissions": lambda _: Good("/permissions"),
        "list_roles": lambda _: Good("/roles"),
        "create_role": lambda _: Good("/roles", json={"name": "editor"}),
        "get_role": lambda _: Good(f"/roles/{SPARE}"),
        "update_role": lambda _: Good(f"/roles/{SPARE}", json={"description": "Does little"}),
        "delete_role": lambda _: Good(f"/roles/{SPARE}"),
    },
    outcomes="""
                  anonymous  stranger  owner  holder  superuser  key  superkey
list_permissions  401        200       200    -       200        200  200
list_roles        401        403       403    200     200        403  200
create_role       401        403       403    201     201        403  201
get_role          401        403       403    200     200        403  200
update_role       401        403       403    200     200        403  200
delete_role       401        403       403    204     204        403  204
""",
    statements="""
list_permissions
list_roles        SELECT
create_role       BEGIN INSERT INSERT COMMIT
get_role          SELECT
update_role       BEGIN SELECT UPDATE INSERT SELECT COMMIT
delete_role       BEGIN SELECT DELETE INSERT COMMIT
""",
    problems={
        ("list_permissions", "internal_error"): caller_makes_trouble,
        ("list_permissions", "unavailable"): caller_unavailable,
        "role_built_in": role_built_in,
        "role_in_use": role_in_use,
        "role_name_taken": role_name_taken,
        "role_not_found": unknown,
    },
    furnish=furnish,
)
