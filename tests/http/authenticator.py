"""The authenticator app of a caller, by an implementation that we did not write."""

from datetime import UTC, datetime
from uuid import UUID

import pyotp

from application.auth.set_up_totp import SetUpTotpHandler
from domain.access import UserId
from domain.totp import Totp, recovery_code_hash, sealing_context, secret_text
from tests.http.callers import Caller
from tests.http.client import Client

SECRET = b"canary in the app..."
RECOVERY_CODE = "aaaa-bbbb-cccc-dddd-eeee-ffff"


async def has_app(caller: Caller, *, is_on: bool = True) -> None:
    """With nothing spent, however often this is called."""
    handler = caller.inside.services[SetUpTotpHandler]
    user_id, now = UserId(UUID(caller.user_id)), datetime.now(UTC)
    sealed = handler.cipher.seal(SECRET, sealing_context(user_id))
    totp = Totp(
        user_id=user_id,
        key_id=sealed.key_id,
        sealed_secret=sealed.data,
        created_at=now,
        confirmed_at=now if is_on else None,
        recovery_codes=frozenset({recovery_code_hash(RECOVERY_CODE, user_id)}),
    )
    async with handler.begin() as uow:
        await uow.totps.put(totp)
        await uow.commit()


def shown_code(secret: str = "", *, steps: int = 0) -> str:
    """What the app shows, so many steps from now."""
    app = pyotp.TOTP(secret or secret_text(SECRET))
    return app.at(datetime.now(UTC), counter_offset=steps)


def wrong_code() -> str:
    shown = {shown_code(steps=steps) for steps in range(-2, 3)}
    return next(code for code in map("{:06}".format, range(9)) if code not in shown)


async def asked_for_a_code(caller: Caller, client: Client | None = None) -> str:
    """Sign in as far as the password gets; answer the token."""
    answer = (
        await (client or caller)
        .bearing(None)
        .post("/auth/login", form={"username": caller.email, "password": caller.password})
    )
    assert answer.problem == (401, "mfa_required")
    return answer.text("mfa_token")
