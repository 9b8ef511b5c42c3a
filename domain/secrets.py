"""Secrets that have to be read again, as they are stored."""

import attrs

from domain.errors import Unavailable


class UnreadableSecret(Unavailable):
    """Encrypted with a key that the service does not have, or for something else."""


@attrs.frozen
class SealedSecret:
    """A secret as it is stored: encrypted, and by which key."""

    key_id: str
    data: bytes = attrs.field(repr=False)
