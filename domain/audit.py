"""The trail of who did what to whom: sign-ins, refusals, changes of rights and credentials.

What is signed, what is chained, and what can be erased again is laid out in
`docs/decisions/0022-a-signed-audit-trail.md`.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

import attrs

from domain.access import Actor, ApiKeyId, UserId
from domain.described import Described
from domain.errors import Conflict
from domain.text import Json

AuditEntryId = NewType("AuditEntryId", UUID)


class SecurityEvent(Described):
    """What is recorded."""

    SIGNED_UP = "signed_up", "An account was made"
    SIGNED_IN = "signed_in", "Signed in"
    NEW_DEVICE = "new_device", "Signed in with a device or from a place not seen before"
    SIGN_IN_REFUSED = "sign_in_refused", "A sign-in was refused"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSION_REVOKED = "session_revoked", "A session was ended"
    SESSIONS_REVOKED = "sessions_revoked", "All sessions were ended"
    REFRESH_TOKEN_REUSED = "refresh_token_reused", "A spent refresh token came again"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    PASSWORD_RESET_REQUESTED = "password_reset_requested", "A link to a new password was asked for"
    PASSWORD_RESET = "password_reset", "The password was replaced by a mailed link"
    EMAIL_VERIFIED = "email_verified", "The email address was verified"
    EMAIL_CHANGE_REQUESTED = "email_change_requested", "Another email address was asked for"
    EMAIL_CHANGED = "email_changed", "The email address was changed"
    NOT_ME = "not_me", "The owner said that it was somebody else"
    DELETION_REQUESTED = "deletion_requested", "The account was deleted by its owner"
    DELETION_CANCELLED = "deletion_cancelled", "The account came back, as its owner signed in"
    ACCOUNTS_PURGED = "accounts_purged", "Deleted accounts were removed for good"
    ACCOUNTS_IMPORTED = "accounts_imported", "Accounts were imported"
    API_KEY_CREATED = "api_key_created", "An API key was made"
    API_KEY_REVOKED = "api_key_revoked", "An API key was ended"
    ROLE_CREATED = "role_created", "A role was made"
    ROLE_UPDATED = "role_updated", "A role was changed"
    ROLE_DELETED = "role_deleted", "A role was deleted"
    ROLES_ASSIGNED = "roles_assigned", "The roles were changed"
    USER_ACTIVATED = "user_activated", "The account was activated"
    USER_DEACTIVATED = "user_deactivated", "The account was deactivated"
    USER_PROMOTED = "user_promoted", "The account was made a superuser's"
    USER_DEMOTED = "user_demoted", "The account is a superuser's no more"
    USER_DELETED = "user_deleted", "The account was deleted"
    USER_RESTORED = "user_restored", "The account was restored"
    MFA_REQUIRED = "mfa_required", "The password was right, and a code was asked for"
    MFA_REFUSED = "mfa_refused", "A wrong code came after the right password"
    MFA_LOCKED = "mfa_locked", "Too many wrong codes came after the right password"
    TOTP_ENABLED = "totp_enabled", "An authenticator app was set up"
    TOTP_DISABLED = "totp_disabled", "The authenticator app was turned off"
    RECOVERY_CODE_USED = "recovery_code_used", "A recovery code was used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed", "New recovery codes took the old ones' place"
    PERMISSION_DENIED = "permission_denied", "Something was refused"

    @property
    def is_told(self) -> bool:
        """Whether the account's owner must hear of it by mail."""
        return self in _TOLD


_TOLD = frozenset(
    {
        SecurityEvent.NEW_DEVICE,
        SecurityEvent.REFRESH_TOKEN_REUSED,
        SecurityEvent.PASSWORD_CHANGED,
        SecurityEvent.PASSWORD_RESET,
        SecurityEvent.EMAIL_CHANGE_REQUESTED,
        SecurityEvent.EMAIL_CHANGED,
        SecurityEvent.API_KEY_CREATED,
        SecurityEvent.API_KEY_REVOKED,
        SecurityEvent.DELETION_REQUESTED,
        SecurityEvent.DELETION_CANCELLED,
        SecurityEvent.USER_DELETED,
        SecurityEvent.MFA_LOCKED,
        SecurityEvent.TOTP_ENABLED,
        SecurityEvent.TOTP_DISABLED,
        SecurityEvent.RECOVERY_CODE_USED,
        SecurityEvent.RECOVERY_CODES_RENEWED,
    }
)


class ActorKind(StrEnum):
    USER = "user"
    API_KEY = "api_key"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"

    @classmethod
    def of(cls, actor: Actor) -> "ActorKind":
        if actor.api_key_id is not None:
            return cls.API_KEY
        if actor.user_id is not None:
            return cls.USER
        return cls.SYSTEM if actor.is_superuser else cls.ANONYMOUS


class Part(StrEnum):
    """What of an entry is about a person, and goes with that person's account."""

    ACTOR = "actor"
    TARGET = "target"


Sign: TypeAlias = Callable[[bytes], bytes]
"""By the key of the service."""
HasSigned: TypeAlias = Callable[[bytes, bytes], bool]
"""Whether a statement has this signature."""


def _statement(kind: str, *parts: object) -> bytes:
    """The same bytes for the same parts, and for no others."""
    return json.dumps([kind, *parts], sort_keys=True, separators=(",", ":")).encode()


@attrs.frozen(kw_only=True)
class AuditEntry:
    """One event, written in the transaction of what it tells of.

    The signature covers a salted digest of each part in place of the part itself: a part can be
    erased later, and nobody can guess it back from its digest once its salt is gone too.
    """

    id: AuditEntryId
    occurred_at: datetime
    event: str
    """A `SecurityEvent`, unless it was stored by a newer version, or by nobody of us."""
    actor_kind: str
    actor_id: UserId | None = None
    api_key_id: ApiKeyId | None = None
    target_id: UserId | None = None
    """The account that it happened to."""
    subject: str | None = None
    """What it happened to, where that is no account: a role's name, a session's id."""
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    details: Mapping[str, Json] = attrs.field(factory=dict)
    """Never holds a secret, nor a float, which not every database gives back to the bit."""
    actor_salt: bytes | None = attrs.field(default=None, repr=False)
    """None once the part is erased."""
    actor_digest: bytes = attrs.field(default=b"", repr=False)
    target_salt: bytes | None = attrs.field(default=None, repr=False)
    target_digest: bytes = attrs.field(default=b"", repr=False)
    signature: bytes = attrs.field(default=b"", repr=False)
    erasure: bytes | None = attrs.field(default=None, repr=False)
    """The signature of what is erased, if anything is: only the service erases."""
    sequence: int | None = None
    """Its place in the chain, from 1 on; None until it is sealed."""
    seal: bytes | None = attrs.field(default=None, repr=False)
    """The signature of its place: behind the entry with the seal before."""

    @classmethod
    def of(
        cls,
        entry_id: AuditEntryId,
        event: SecurityEvent,
        actor: Actor,
        *,
        at: datetime,
        target_id: UserId | None = None,
        subject: str | None = None,
        details: Mapping[str, Json] | None = None,
        salts: tuple[bytes, bytes],
        sign: Sign,
    ) -> "AuditEntry":
        origin = actor.origin
        entry = cls(
            id=entry_id,
            occurred_at=at,
            event=event,
            actor_kind=ActorKind.of(actor),
            actor_id=actor.user_id,
            api_key_id=actor.api_key_id,
            target_id=target_id,
            subject=subject,
            address=origin.address,
            user_agent=origin.user_agent,
            request_id=origin.request_id,
            details=details or {},
            actor_salt=salts[0],
            target_salt=salts[1],
        )
        entry = attrs.evolve(
            entry,
            actor_digest=_digest(salts[0], entry.part(Part.ACTOR)),
            target_digest=_digest(salts[1], entry.part(Part.TARGET)),
        )
        return attrs.evolve(entry, signature=sign(entry.statement))

    @property
    def statement(self) -> bytes:
        """What its signature covers."""
        return _statement(
            "entry",
            str(self.id),
            self.occurred_at.astimezone(UTC).isoformat(),
            self.event,
            self.actor_kind,
            self.actor_digest.hex(),
            self.target_digest.hex(),
        )

    def part(self, part: Part) -> bytes:
        if part is Part.ACTOR:
            ids = (_text(self.actor_id), _text(self.api_key_id))
            return _statement(part, *ids, self.address, self.user_agent, self.request_id)
        return _statement(part, _text(self.target_id), self.subject, self.details)

    @property
    def erased(self) -> frozenset[Part]:
        salts = {Part.ACTOR: self.actor_salt, Part.TARGET: self.target_salt}
        return frozenset(part for part, salt in salts.items() if salt is None)

    def parts_about(self, users: frozenset[UserId]) -> frozenset[Part]:
        """What goes when these accounts go. Whoever acted upon one without a name, as at a sign-in
        that was refused, is taken to be its owner."""
        parts = set()
        if self.target_id in users:
            parts.add(Part.TARGET)
        if self.actor_id in users or (
            self.target_id in users and self.actor_kind == ActorKind.ANONYMOUS
        ):
            parts.add(Part.ACTOR)
        return frozenset(parts)

    def without(self, parts: frozenset[Part], sign: Sign) -> "AuditEntry":
        """Its place, its time and its event stay; the parts are gone for good."""
        entry = self
        if Part.ACTOR in parts:
            entry = attrs.evolve(
                entry,
                actor_id=None,
                api_key_id=None,
                address=None,
                user_agent=None,
                request_id=None,
                actor_salt=None,
            )
        if Part.TARGET in parts:
            entry = attrs.evolve(entry, target_id=None, subject=None, details={}, target_salt=None)
        return attrs.evolve(entry, erasure=sign(entry.erasure_statement))

    @property
    def erasure_statement(self) -> bytes:
        return _statement("erasure", str(self.id), sorted(self.erased))

    def place_statement(self, sequence: int, seal_before: bytes) -> bytes:
        """What its seal covers."""
        return _statement("place", sequence, seal_before.hex(), self.signature.hex())

    def is_authentic(self, has_signed: HasSigned) -> bool:
        """Whether the service wrote it so, and erased what is missing."""
        return (
            has_signed(self.statement, self.signature)
            and self._keeps(Part.ACTOR, self.actor_salt, self.actor_digest)
            and self._keeps(Part.TARGET, self.target_salt, self.target_digest)
            and self._erasure_is_authentic(has_signed)
        )

    def _keeps(self, part: Part, salt: bytes | None, digest: bytes) -> bool:
        if salt is None:
            return self.part(part) == _ERASED.part(part)
        return hmac.compare_digest(digest, _digest(salt, self.part(part)))

    def _erasure_is_authentic(self, has_signed: HasSigned) -> bool:
        if not self.erased:
            return self.erasure is None
        return self.erasure is not None and has_signed(self.erasure_statement, self.erasure)


_ERASED = AuditEntry(
    id=AuditEntryId(UUID(int=0)),
    occurred_at=datetime.min.replace(tzinfo=UTC),
    event=SecurityEvent.SIGNED_IN,
    actor_kind=ActorKind.ANONYMOUS,
)


def _digest(salt: bytes, part: bytes) -> bytes:
    return hmac.digest(salt, part, "sha256")


def _text(identity: UUID | None) -> str | None:
    return None if identity is None else str(identity)


@attrs.frozen(kw_only=True)
class AuditHead:
    """How far the chain goes. Without it, a chain that was cut off at its end would look whole."""

    sequence: int
    seal: bytes = attrs.field(repr=False)
    signature: bytes = attrs.field(repr=False)

    @classmethod
    def at(cls, sequence: int, seal: bytes, sign: Sign) -> "AuditHead":
        head = cls(sequence=sequence, seal=seal, signature=b"")
        return attrs.evolve(head, signature=sign(head.statement))

    @property
    def statement(self) -> bytes:
        return _statement("head", self.sequence, self.seal.hex())


BEFORE_THE_FIRST = AuditHead(sequence=0, seal=b"", signature=b"")


class AuditTrailBroken(Conflict):
    """The head of the audit trail is not what this service recorded: somebody changed it in the
    database, or `SECRET_KEY` is another one. Nothing is sealed until that is settled."""

    code = "audit_trail_broken"
    title = "The audit trail is broken"
