"""Show what the caller has to show at sign-in beside the password."""

import attrs

from application.auth.ports import MfaReader
from application.auth.views import MfaView
from domain.access import Actor


@attrs.frozen
class GetMfaHandler:
    mfa: MfaReader

    async def __call__(self, actor: Actor) -> MfaView:
        return await self.mfa.get(actor.require_owner())
