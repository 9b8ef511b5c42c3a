"""Signing in and out, and the tokens that come of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.access import SessionId
from domain.auth import RefreshToken
from tests.http.authenticator import has_app
from tests.http.callers import OTHER_PASSWORD, PASSWORD
from tests.http.cases.feature import Feature
from tests.http.client import ROOT, Answer
from tests.http.provoking import Case, unknown
from tests.http.scene import Good, Scene


async def furnish(scene: Scene) -> None:
    sessions = await scene.owner.get("/auth/sessions")
    scene.known["session_id"] = str(sessions.items[0]["id"])


async def token_expired(case: Case) -> Answer:
    secret, now = case.ports.refresh_secrets.fresh(), datetime.now(UTC)
    token = RefreshToken(
        token_hash=secret.token_hash,
        session_id=SessionId(UUID(case.scene.known["session_id"])),
        created_at=now - timedelta(days=2),
        expires_at=now - timedelta(days=1),
    )
    async with case.ports.begin() as uow:
        await uow.refresh_tokens.add(token)
        await uow.commit()
    return await _refresh(case, secret.text)


async def token_revoked(case: Case) -> Answer:
    await case.scene.owner.post("/auth/logout")
    return await _refresh(case, case.scene.owner.refresh_token)


async def unknown_token(case: Case) -> Answer:
    return await _refresh(case, "unheard-of")


async def _refresh(case: Case, token: str) -> Answer:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await case.client.post(case.good.path, form=form)


async def invalid_credentials(case: Case) -> Answer:
    form = {"username": case.scene.owner.email, "password": OTHER_PASSWORD}
    return await case.client.post("/auth/login", form=form)


async def mfa_required(case: Case) -> Answer:
    await has_app(case.scene.owner)
    return await case.send()


async def unsupported_grant_type(case: Case) -> Answer:
    return await case.client.post(case.good.path, form={"grant_type": "client_credentials"})


async def account_locked(case: Case) -> Answer:
    form = {"grant_type": "password", "username": "nobody", "password": OTHER_PASSWORD}
    with case.under(rate_limit_login_account="1/1h").wired(case.ports):
        await case.client.post(case.good.path, form=form)
        return await case.client.post(case.good.path, form=form)


SIGN_IN = Feature(
    requests={
        "login": lambda scene: Good(
            "/auth/login", form={"username": scene.owner.email, "password": PASSWORD}
        ),
        "refresh": lambda scene: Good(
            "/auth/refresh", json={"refresh_token": scene.owner.refresh_token}
        ),
        "get_tokens": lambda scene: Good(
            "/auth/token",
            form={"grant_type": "password", "username": scene.owner.email, "password": PASSWORD},
        ),
        "introspect_token": lambda scene: Good(
            "/auth/introspect", form={"token": scene.owner.refresh_token}
        ),
        "revoke_token": lambda scene: Good(
            "/auth/revoke", form={"token": scene.owner.refresh_token}
        ),
        "list_signing_keys": lambda _: Good(f"{ROOT}/.well-known/jwks.json"),
        "describe_server": lambda _: Good(f"{ROOT}/.well-known/oauth-authorization-server"),
        "logout": lambda _: Good("/auth/logout"),
        "logout_all": lambda _: Good("/auth/logout-all"),
        "list_sessions": lambda _: Good("/auth/sessions"),
        "revoke_session": lambda scene: Good(f"/auth/sessions/{scene.known['session_id']}"),
    },
    outcomes="""
                   anonymous  stranger  owner  holder  superuser  key  superkey
login              200        200       200    -       200        200  200
refresh            200        200       200    -       200        200  200
get_tokens         200        200       200    -       200        200  200
introspect_token   401        200       200    -       200        200  200
revoke_token       200        200       200    -       200        200  200
list_signing_keys  200        200       200    -       200        200  200
describe_server    200        200       200    -       200        200  200
logout             401        204       204    -       204        403  403
logout_all         401        204       204    -       204        403  403
list_sessions      401        200       200    -       200        403  403
revoke_session     401        404       204    -       204        403  403
""",
    statements="""
login              SELECT BEGIN INSERT INSERT COMMIT BEGIN SELECT SELECT SELECT INSERT INSERT UPDATE INSERT SELECT COMMIT BEGIN SELECT UPDATE COMMIT
refresh            BEGIN UPDATE SELECT UPDATE INSERT SELECT SELECT SELECT COMMIT
get_tokens         SELECT BEGIN INSERT INSERT COMMIT BEGIN SELECT SELECT SELECT INSERT INSERT UPDATE INSERT SELECT COMMIT BEGIN SELECT UPDATE COMMIT
introspect_token   BEGIN SELECT SELECT ROLLBACK
revoke_token       BEGIN SELECT SELECT UPDATE INSERT SELECT COMMIT
list_signing_keys
describe_server
logout             BEGIN SELECT UPDATE INSERT SELECT COMMIT
logout_all         BEGIN UPDATE INSERT SELECT COMMIT
list_sessions      SELECT
revoke_session     BEGIN SELECT UPDATE INSERT SELECT COMMIT
""",  # noqa: E501 - a row to a line
    problems={
        "account_locked": account_locked,
        ("login", "invalid_credentials"): invalid_credentials,
        "invalid_credentials": unknown_token,
        "mfa_required": mfa_required,
        "session_not_found": unknown,
        ("refresh", "token_expired"): token_expired,
        ("get_tokens", "token_expired"): token_expired,
        ("refresh", "token_revoked"): token_revoked,
        ("get_tokens", "token_revoked"): token_revoked,
        "unsupported_grant_type": unsupported_grant_type,
    },
    furnish=furnish,
)
