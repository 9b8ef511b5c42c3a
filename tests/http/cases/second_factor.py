"""Codes of an authenticator app."""

from datetime import UTC, datetime, timedelta

import attrs

from adapters.memory.clock import FixedClock
from tests.http.authenticator import asked_for_a_code, has_app, shown_code, wrong_code
from tests.http.callers import PASSWORD
from tests.http.cases.feature import Feature
from tests.http.client import Answer
from tests.http.provoking import Case
from tests.http.scene import Good, Scene


async def has_one(scene: Scene) -> None:
    await has_app(scene.owner)


async def has_one_to_confirm(scene: Scene) -> None:
    await has_app(scene.owner, is_on=False)


async def is_asked_for_a_code(scene: Scene) -> None:
    await has_app(scene.owner)
    scene.known["mfa_token"] = await asked_for_a_code(scene.owner)


async def invalid_code(case: Case) -> Answer:
    return await case.with_json(case.scene.owner, code=wrong_code())


async def account_locked(case: Case) -> Answer:
    for _ in range(5):
        await invalid_code(case)
    return await case.send()


async def totp_not_found(case: Case) -> Answer:
    await case.scene.owner.delete("/auth/mfa/totp", json={"password": PASSWORD})
    return await case.send()


async def totp_already_on(case: Case) -> Answer:
    await has_app(case.scene.owner)
    return await case.send()


async def token_expired(case: Case) -> Answer:
    later = FixedClock(datetime.now(UTC) + timedelta(minutes=6))
    return await case.send_while(attrs.evolve(case.ports, clock=later))


SECOND_FACTOR = Feature(
    requests={
        "login_mfa": lambda scene: Good(
            "/auth/login/mfa",
            json={"mfa_token": scene.known.get("mfa_token", ""), "code": shown_code()},
        ),
        "get_mfa": lambda _: Good("/auth/mfa"),
        "set_up_totp": lambda _: Good("/auth/mfa/totp", json={"password": None}),
        "confirm_totp": lambda _: Good("/auth/mfa/totp/confirm", json={"code": shown_code()}),
        "turn_off_totp": lambda _: Good("/auth/mfa/totp", json={"password": PASSWORD}),
        "renew_recovery_codes": lambda _: Good("/auth/mfa/recovery-codes", json={"password": None}),
    },
    outcomes="""
                      anonymous  stranger  owner  holder  superuser  key  superkey
login_mfa             200        200       200    -       200        200  200
get_mfa               401        200       200    -       200        403  403
set_up_totp           401        201       201    -       201        403  403
confirm_totp          401        404       200    -       404        403  403
turn_off_totp         401        404       204    -       404        403  403
renew_recovery_codes  401        404       200    -       404        403  403
""",
    statements="""
login_mfa             BEGIN SELECT SELECT SELECT UPDATE SELECT INSERT INSERT UPDATE INSERT SELECT COMMIT
get_mfa               SELECT
set_up_totp           BEGIN SELECT SELECT ROLLBACK BEGIN SELECT SELECT INSERT COMMIT
confirm_totp          BEGIN SELECT SELECT UPDATE UPDATE INSERT INSERT INSERT COMMIT
turn_off_totp         BEGIN SELECT ROLLBACK BEGIN INSERT INSERT COMMIT BEGIN SELECT UPDATE COMMIT BEGIN SELECT SELECT DELETE INSERT INSERT INSERT COMMIT
renew_recovery_codes  BEGIN SELECT SELECT ROLLBACK BEGIN SELECT SELECT UPDATE INSERT INSERT INSERT COMMIT
""",  # noqa: E501 - a row to a line
    problems={
        ("login_mfa", "account_locked"): account_locked,
        ("confirm_totp", "account_locked"): account_locked,
        "invalid_code": invalid_code,
        "invalid_credentials": invalid_code,
        ("login_mfa", "token_expired"): token_expired,
        ("login_mfa", "token_revoked"): totp_not_found,
        "totp_already_on": totp_already_on,
        "totp_not_found": totp_not_found,
    },
    furnish_for={
        "login_mfa": is_asked_for_a_code,
        "confirm_totp": has_one_to_confirm,
        "turn_off_totp": has_one,
        "renew_recovery_codes": has_one,
    },
)
