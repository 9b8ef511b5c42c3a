"""What a link in a mail proves: that whoever follows it reads that mailbox."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

import attrs

from domain.access import UserId
from domain.errors import Invalid

OneTimeTokenId = NewType("OneTimeTokenId", UUID)

LONGEST_TOKEN_LIFE = timedelta(minutes=60)


class InvalidToken(Invalid):
    """The link has been used, is too old, or a newer one was sent. Ask for a new mail, and follow
    the link in the last one you got."""

    code = "invalid_token"
    title = "The link is not valid any more"


class TokenPurpose(StrEnum):
    """Each is also the path of the page that the link opens."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - a purpose, no password
    CONFIRM_EMAIL = "confirm-email"
    NOT_ME = "not-me"


ASKED_FOR_BY_PASSWORD = frozenset({TokenPurpose.RESET_PASSWORD, TokenPurpose.CONFIRM_EMAIL})
"""Worth nothing once the password is another: whoever knew the old one may have asked for them."""
MAILED_TO_THE_ACCOUNT = frozenset({TokenPurpose.RESET_PASSWORD, TokenPurpose.VERIFY_EMAIL})
"""Worth nothing once the account has another address."""


@attrs.frozen
class TokenLifetime:
    """How long a link in a mail may be followed."""

    duration: timedelta = attrs.field(
        default=LONGEST_TOKEN_LIFE, validator=attrs.validators.le(LONGEST_TOKEN_LIFE)
    )


@attrs.define(kw_only=True)
class OneTimeToken:
    """A permission to do one thing once. Its text is made from the server's key, its purpose and
    its id, so that what is stored gives nobody a link."""

    id: OneTimeTokenId = attrs.field(on_setattr=attrs.setters.frozen)
    purpose: TokenPurpose = attrs.field(converter=TokenPurpose, on_setattr=attrs.setters.frozen)
    user_id: UserId = attrs.field(on_setattr=attrs.setters.frozen)
    email: str = attrs.field(on_setattr=attrs.setters.frozen, repr=False)
    """The address that it was mailed to, and therefore the one that it proves."""
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    expires_at: datetime
    spent_at: datetime | None = None
