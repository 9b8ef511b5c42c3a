"""Take a code: from the authenticator app, or one of the recovery codes."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import SecretCipher
from application.clock import Clock
from application.unit_of_work import UnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.totp import MfaMethod, Totp, method_of, recovery_code_hash, step_of
from domain.users import User


@attrs.frozen
class SecondFactor:
    """Whoever asks holds the account's `Totp` locked, so that of codes sent all at once none
    slips past the limit, and no code is good for two."""

    cipher: SecretCipher
    clock: Clock
    security_log: SecurityLog

    async def accepts_totp(self, uow: UnitOfWork, totp: Totp, code: str) -> bool:
        """Raise `AccountLocked`. A code that is accepted is spent."""
        now = self.clock.now()
        totp.must_take_codes(at=now)
        secret = self.cipher.open(totp.sealed, totp.sealing_context)
        step = step_of(code, secret, at=now)
        return step is not None and await uow.totps.accept_step(totp.user_id, step)

    async def accepts(self, uow: UnitOfWork, totp: Totp, code: str) -> MfaMethod | None:
        """By which of the two; None for a wrong code. Raise `AccountLocked`."""
        method = method_of(code)
        if method is MfaMethod.TOTP:
            return method if await self.accepts_totp(uow, totp, code) else None
        totp.must_take_codes(at=self.clock.now())
        code_hash = recovery_code_hash(code, totp.user_id)
        is_spent = await uow.totps.spend_recovery_code(totp.user_id, code_hash)
        return method if is_spent else None

    async def note_refusal(self, uow: UnitOfWork, totp: Totp, user: User, actor: Actor) -> None:
        """Commits, for the count must outlive the refusal that comes next."""
        is_last = totp.note_failure(at=self.clock.now())
        await uow.totps.save(totp)
        await self.security_log.note(uow, SecurityEvent.MFA_REFUSED, actor, user=user)
        if is_last:
            await self.security_log.note(uow, SecurityEvent.MFA_LOCKED, actor, user=user)
        await uow.commit()
