"""What is done by a link in a mail."""

from domain.one_time_tokens import TokenPurpose
from tests.http.callers import OTHER_PASSWORD, as_member
from tests.http.cases.feature import Feature
from tests.http.client import Answer
from tests.http.mailed import mailed_token
from tests.http.provoking import Case
from tests.http.scene import Good, Scene


async def furnish(scene: Scene) -> None:
    for purpose in TokenPurpose:
        scene.known[purpose] = await mailed_token(scene.owner, purpose)


async def invalid_token(case: Case) -> Answer:
    return await case.with_json(case.client, token="unheard-of")


async def email_taken(case: Case) -> Answer:
    other = await as_member(case.client)
    token = await mailed_token(case.scene.owner, TokenPurpose.CONFIRM_EMAIL, email=other.email)
    return await case.with_json(case.client, token=token)


MAIL_LINKS = Feature(
    requests={
        "request_password_reset": lambda scene: Good(
            "/auth/password/forgot", json={"email": scene.owner.email}
        ),
        "reset_password": lambda scene: Good(
            "/auth/password/reset",
            json={
                "token": scene.known[TokenPurpose.RESET_PASSWORD],
                "new_password": OTHER_PASSWORD,
            },
        ),
        "request_verification": lambda _: Good("/auth/verify-email/request"),
        "verify_email": lambda scene: Good(
            "/auth/verify-email", json={"token": scene.known[TokenPurpose.VERIFY_EMAIL]}
        ),
        "report_not_me": lambda scene: Good(
            "/auth/not-me", json={"token": scene.known[TokenPurpose.NOT_ME]}
        ),
    },
    outcomes="""
                        anonymous  stranger  owner  holder  superuser  key  superkey
request_password_reset  202        202       202    -       202        202  202
reset_password          204        204       204    -       204        204  204
request_verification    401        202       202    -       202        403  403
verify_email            204        204       204    -       204        204  204
report_not_me           204        204       204    -       204        204  204
""",
    statements="""
request_password_reset  BEGIN INSERT INSERT COMMIT BEGIN INSERT COMMIT
reset_password          BEGIN SELECT SELECT ROLLBACK BEGIN SELECT SELECT UPDATE UPDATE DELETE INSERT UPDATE DELETE INSERT INSERT INSERT SELECT COMMIT
request_verification    BEGIN INSERT INSERT COMMIT BEGIN SELECT INSERT INSERT COMMIT
verify_email            BEGIN SELECT SELECT UPDATE INSERT UPDATE DELETE INSERT SELECT COMMIT
report_not_me           BEGIN SELECT SELECT UPDATE UPDATE DELETE DELETE INSERT INSERT INSERT SELECT COMMIT
""",  # noqa: E501 - a row to a line
    problems={"email_taken": email_taken, "invalid_token": invalid_token},
    furnish=furnish,
)
