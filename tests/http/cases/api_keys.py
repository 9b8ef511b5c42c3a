"""Keys for programs."""

from domain.access import Permission
from tests.builders import an_api_key
from tests.http.callers import as_superuser
from tests.http.cases.feature import Feature
from tests.http.client import Answer
from tests.http.provoking import Case, unknown
from tests.http.scene import Good, Scene
from tests.storing import store

A_KEY = {"name": "Nightly import", "permissions": [Permission.USERS_READ]}


async def furnish(scene: Scene) -> None:
    key = await scene.owner.post("/auth/api-keys", json=A_KEY)
    scene.known["api_key_id"] = key.text("id")


async def email_not_verified(case: Case) -> Answer:
    """Of whoever has it reach beyond their own account."""
    superuser = await as_superuser(case.client)
    with case.under(require_verified_email=True).wired(case.ports):
        return await case.with_json(superuser, permissions=[Permission.ROLES_READ])


async def too_many_api_keys(case: Case) -> Answer:
    keys = (an_api_key(user_id=case.owner_id, expires_at=None) for _ in range(50))
    await store(case.ports.begin, *keys)
    return await case.send()


API_KEYS = Feature(
    requests={
        "list_api_keys": lambda _: Good("/auth/api-keys"),
        "create_api_key": lambda _: Good("/auth/api-keys", json=A_KEY),
        "revoke_api_key": lambda scene: Good(f"/auth/api-keys/{scene.known['api_key_id']}"),
    },
    outcomes="""
                anonymous  stranger  owner  holder  superuser  key  superkey
list_api_keys   401        200       200    -       200        403  403
create_api_key  401        201       201    -       201        403  403
revoke_api_key  401        404       204    -       204        403  403
""",
    statements="""
list_api_keys   SELECT
create_api_key  BEGIN SELECT SELECT ROLLBACK BEGIN SELECT SELECT INSERT INSERT INSERT INSERT COMMIT
revoke_api_key  BEGIN SELECT SELECT DELETE INSERT INSERT INSERT SELECT COMMIT
""",
    problems={
        "api_key_not_found": unknown,
        "email_not_verified": email_not_verified,
        "too_many_api_keys": too_many_api_keys,
    },
    furnish=furnish,
)
