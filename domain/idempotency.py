"""Requests that their senders may repeat: what was answered is kept for a day, under their key."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import NewType

import attrs

from domain.access import Actor
from domain.errors import Conflict, Invalid, Mistaken
from domain.secrets import SealedSecret

KEPT_FOR = timedelta(days=1)
MAX_KEY_LENGTH = 255
KEY_PATTERN = r"^[!-~]{1,255}$"
_KEY = re.compile(KEY_PATTERN.removesuffix("$") + r"\Z")

AnswerId = NewType("AnswerId", bytes)


class IdempotencyKeyReused(Mistaken):
    """Another request was made under this `Idempotency-Key` within the last day. Use a new key for
    each new request, and the same one only to repeat a request as it was."""

    code = "idempotency_key_reused"
    title = "The idempotency key stands for another request"


class IdempotencyKeyInUse(Conflict):
    """The request that was made under this `Idempotency-Key` is not done yet. Repeat yours after a
    moment, under the same key, to get its answer."""

    code = "idempotency_key_in_use"
    title = "The same request is under way"


def clean_key(key: str) -> str:
    if not _KEY.match(key):
        raise Invalid.field(
            "Idempotency-Key",
            "invalid_key",
            f"must be of 1 to {MAX_KEY_LENGTH} visible ASCII characters",
        )
    return key


@attrs.frozen(kw_only=True)
class KeyedRequest:
    """A request as its sender names it."""

    operation: str
    key: str = attrs.field(converter=clean_key)

    def answer_id(self, actor: Actor) -> AnswerId:
        """The same for each repetition, and for nobody else's request. A program's are not those
        of its owner, who may do more; strangers are told apart by their addresses alone."""
        if actor.api_key_id is not None:
            caller = f"key {actor.api_key_id}"
        elif actor.user_id is not None:
            caller = f"user {actor.user_id}"
        else:
            caller = f"address {actor.origin.address}"
        text = f"{caller}\n{self.operation}\n{self.key}"
        return AnswerId(hashlib.sha256(text.encode()).digest())


@attrs.frozen(kw_only=True)
class KeptAnswer:
    """What a request was and what was answered, sealed: both may hold secrets."""

    id: AnswerId
    key_id: str
    sealed_answer: bytes = attrs.field(repr=False)
    created_at: datetime

    @property
    def sealed(self) -> SealedSecret:
        return SealedSecret(self.key_id, self.sealed_answer)


def sealing_context(answer_id: AnswerId) -> bytes:
    return b"answer/" + answer_id
