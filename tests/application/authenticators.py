"""An authenticator app that we did not write, and its owner."""

from collections.abc import Sequence

import attrs
import pyotp

from application.auth.confirm_totp import ConfirmTotp, ConfirmTotpHandler
from application.auth.login_mfa import LoginMfa, LoginMfaHandler
from application.auth.set_up_totp import SetUpTotp, SetUpTotpHandler
from application.auth.views import IssuedTokens
from application.clock import Clock
from domain.access import ANONYMOUS, Actor
from domain.totp import STEP_SECONDS, MfaRequired
from domain.users import User
from tests.application.service import Service


@attrs.frozen(kw_only=True)
class Authenticator:
    clock: Clock
    uri: str
    recovery_codes: Sequence[str] = ()

    def code(self, *, steps: int = 0) -> str:
        """What it shows, so many steps from now."""
        read = pyotp.parse_uri(self.uri)
        assert isinstance(read, pyotp.TOTP)
        return read.at(int(self.clock.now().timestamp()) + steps * STEP_SECONDS)

    @property
    def wrong_code(self) -> str:
        shown = {self.code(steps=steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "000001", "000002", "000003") if code not in shown)


async def signed_in(service: Service, user: User) -> Actor:
    return await service.actor(await service.sign_in(user))


async def set_up(service: Service, actor: Actor) -> Authenticator:
    setup = await service[SetUpTotpHandler](SetUpTotp(), actor)
    return Authenticator(clock=service.clock, uri=setup.otpauth_uri)


async def turned_on(service: Service, actor: Actor) -> Authenticator:
    """The code that confirmed it was the last step's, so that the one shown now is still good."""
    app = await set_up(service, actor)
    confirm = ConfirmTotp(code=app.code(steps=-1))
    codes = await service[ConfirmTotpHandler](confirm, actor)
    return attrs.evolve(app, recovery_codes=codes)


async def asked_for_a_code(service: Service, user: User) -> str:
    """Sign in as far as the password gets; answer the token."""
    try:
        await service.sign_in(user)
    except MfaRequired as required:
        return required.mfa_token
    raise AssertionError("the password alone would do")


async def show(
    service: Service, mfa_token: str, code: str, actor: Actor = ANONYMOUS
) -> IssuedTokens:
    return await service[LoginMfaHandler](LoginMfa(mfa_token=mfa_token, code=code), actor)
