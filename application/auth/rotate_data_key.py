"""Encrypt anew what an older key encrypted, so that the older key can be dropped."""

from collections.abc import Callable

import attrs

from application.auth.ports import SecretCipher
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, UserId
from domain.secrets import UnreadableSecret
from domain.totp import Totp

BATCH_SIZE = 100
"""Rows that are locked at once, for a few milliseconds."""


@attrs.frozen(kw_only=True)
class RotateDataKey:
    report: Callable[[int], None] = lambda _: None
    """Told after each batch how many were in it."""


@attrs.frozen(kw_only=True)
class RotatedData:
    key_id: str
    rotated: int
    unreadable: int
    """Whose key is not among those that are set; they stay as they are."""


@attrs.frozen
class RotateDataKeyHandler:
    """Goes on where it was interrupted, and does no harm where it has been done: what is encrypted
    with the first key is passed over."""

    begin: BeginUnitOfWork
    cipher: SecretCipher

    async def __call__(self, command: RotateDataKey, actor: Actor) -> RotatedData:
        actor.require_superuser("Only a superuser rotates keys.")
        rotated = unreadable = 0
        after: UserId | None = None
        while True:
            async with self.begin() as uow:
                batch = await uow.totps.sealed_by_others(
                    self.cipher.key_id, after=after, limit=BATCH_SIZE
                )
                for totp in batch:
                    if self._reseal(totp):
                        await uow.totps.save(totp)
                        rotated += 1
                    else:
                        unreadable += 1
                await uow.commit()
            if not batch:
                return RotatedData(
                    key_id=self.cipher.key_id, rotated=rotated, unreadable=unreadable
                )
            after = batch[-1].user_id
            command.report(len(batch))

    def _reseal(self, totp: Totp) -> bool:
        try:
            secret = self.cipher.open(totp.sealed, totp.sealing_context)
        except UnreadableSecret:
            return False
        totp.reseal(self.cipher.seal(secret, totp.sealing_context))
        return True
