"""Set up an authenticator app; it counts once its owner has shown a code of it."""

import attrs

from application.auth.confirm_identity import ConfirmIdentity
from application.auth.ports import SecretCipher
from application.auth.views import TotpSetup
from application.clock import Clock, RandomBytes
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.passwords import Password, WrongPassword
from domain.service_name import TITLE
from domain.totp import (
    SECRET_LENGTH,
    Totp,
    TotpAlreadyOn,
    otpauth_uri,
    sealing_context,
    secret_text,
)


@attrs.frozen
class TotpIssuer:
    """What authenticator apps call the service."""

    name: str = TITLE


@attrs.frozen(kw_only=True)
class SetUpTotp:
    password: Password | None = None


@attrs.frozen
class SetUpTotpHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    random_bytes: RandomBytes
    cipher: SecretCipher
    clock: Clock
    issuer: TotpIssuer

    async def __call__(self, command: SetUpTotp, actor: Actor) -> TotpSetup:
        known = await self.confirm_identity.by_recent_sign_in(command.password, actor)
        secret = self.random_bytes(SECRET_LENGTH)
        sealed = self.cipher.seal(secret, sealing_context(known.id))
        async with self.begin() as uow:
            user = await uow.users.get(known.id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            if await uow.totps.is_on(user.id):
                raise TotpAlreadyOn
            totp = Totp(
                user_id=user.id,
                key_id=sealed.key_id,
                sealed_secret=sealed.data,
                created_at=self.clock.now(),
            )
            await uow.totps.put(totp)
            await uow.commit()
        return TotpSetup(
            secret=secret_text(secret),
            otpauth_uri=otpauth_uri(secret, issuer=self.issuer.name, account=user.email),
        )
