"""Whether the keys that are set are those that made what is stored: one that was replaced and not
kept takes second factors with it, and stops the sealing of the audit trail."""

import attrs

from application.audit.ports import AuditSigner
from application.auth.ports import SecretCipher
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor


@attrs.frozen(kw_only=True)
class CheckedKeys:
    unreadable: int
    """Second factors that no key that is set opens."""
    seals_trail: bool
    """Whether the audit trail so far was signed by a key that is set."""


@attrs.frozen
class CheckKeysHandler:
    begin: BeginUnitOfWork
    cipher: SecretCipher
    signer: AuditSigner

    async def __call__(self, actor: Actor) -> CheckedKeys:
        actor.require_superuser("Only a superuser checks keys.")
        async with self.begin() as uow:
            unreadable = await uow.totps.count_sealed_by_others(self.cipher.key_ids)
            head = await uow.audit_chain.head()
        return CheckedKeys(
            unreadable=unreadable,
            seals_trail=head is None or self.signer.has_signed(head.statement, head.signature),
        )
