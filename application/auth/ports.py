"""What the use cases about sign-in and sessions need from outside."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from application.auth.views import MfaView, SessionView
from application.paging import Slice, Window
from domain.access import Actor, Origin, SessionId, UserId
from domain.auth import RefreshToken, Session, TokenExpired, TokenRevoked
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId, TokenPurpose
from domain.secrets import SealedSecret
from domain.totp import PendingSignIn, Totp
from domain.users import InactiveUser


class SessionRepository(Protocol):
    """Whole sessions, for changing."""

    async def add(self, session: Session) -> None: ...

    async def get(self, session_id: SessionId) -> Session:
        """Locked until the unit of work ends; raise `SessionNotFound`."""
        ...

    async def save(self, session: Session) -> None: ...

    async def has_seen(self, user_id: UserId, origin: Origin, *, since: datetime) -> bool:
        """Whether the user has signed in after `since` with such a device, and from such a
        network; not necessarily at once."""
        ...

    async def revoke_all(
        self, user_id: UserId, *, at: datetime, keep: SessionId | None = None
    ) -> int:
        """End every live session of the user but `keep`; answer how many."""
        ...


class RefreshTokenRepository(Protocol):
    async def add(self, token: RefreshToken) -> None: ...

    async def spend(self, token_hash: bytes, *, at: datetime) -> RefreshToken | None:
        """Spend a live token. Of any number of racing callers exactly one is given it; None where
        it is unknown, spent or past its time."""
        ...

    async def find(self, token_hash: bytes) -> RefreshToken | None: ...


class OneTimeTokenRepository(Protocol):
    async def add(self, token: OneTimeToken) -> None:
        """In the place of the one for the same purpose that this user had at this address."""
        ...

    async def find(self, token_id: OneTimeTokenId, *, at: datetime) -> OneTimeToken | None:
        """One that could be spent, not locked, for deciding only."""
        ...

    async def spend(self, token_id: OneTimeTokenId, *, at: datetime) -> OneTimeToken | None:
        """Of any number of racing callers exactly one is given it; None where it is unknown,
        spent, past its time, or a newer one took its place."""
        ...

    async def end_all(self, user_id: UserId, purposes: Collection[TokenPurpose]) -> None: ...

    async def sweep(self, *, before: datetime) -> int:
        """Forget those whose time was over by then; answer how many."""
        ...


class TotpRepository(Protocol):
    """Authenticator apps, at most one to an account."""

    async def put(self, totp: Totp) -> None:
        """In the place of the one that the user had; raise `UserNotFound`."""
        ...

    async def find(self, user_id: UserId) -> Totp | None:
        """Locked until the unit of work ends."""
        ...

    async def is_on(self, user_id: UserId) -> bool:
        """Not locked, for deciding only."""
        ...

    async def save(self, totp: Totp) -> None:
        """All but the last step, which only ever moves on."""
        ...

    async def accept_step(self, user_id: UserId, step: int) -> bool:
        """Move the last step on to this one. Of any number of racing callers exactly one is told
        so; nobody is where it is there already, or further."""
        ...

    async def spend_recovery_code(self, user_id: UserId, code_hash: bytes) -> bool:
        """Of any number of racing callers exactly one is told so."""
        ...

    async def remove(self, user_id: UserId) -> None: ...

    async def sealed_by_others(
        self, key_id: str, *, after: UserId | None, limit: int
    ) -> Sequence[Totp]:
        """Those whose secret another key sealed, locked, in the order of their users' ids."""
        ...

    async def count_sealed_by_others(self, key_ids: Collection[str]) -> int:
        """How many there are whose secret none of these keys sealed."""
        ...


class MfaReader(Protocol):
    """What a user has beside the password, for showing."""

    async def get(self, user_id: UserId) -> MfaView: ...


class SessionReader(Protocol):
    """Live sessions, for showing."""

    async def page(
        self, user_id: UserId, window: Window, *, at: datetime, used_since: datetime
    ) -> Slice[SessionView]:
        """Those that live at that time and have been used since the other."""
        ...


@attrs.frozen(kw_only=True)
class Credentials:
    """What sign-in compares with."""

    user_id: UserId
    password_hash: str | None = attrs.field(repr=False)
    is_familiar: bool = False
    """Whether the owner has signed in from there before."""


class CredentialsReader(Protocol):
    async def find(self, name: str, origin: Origin, *, at: datetime) -> Credentials | None:
        """The account with this email or username, unless an administrator deleted it."""
        ...


@attrs.frozen(kw_only=True)
class Caller:
    """The state of a session or an API key and of its user, as far as it decides whether a request
    may go on."""

    actor: Actor
    is_active: bool
    email_verified: bool
    expires_at: datetime | None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """Of an API key, as far as it is noted."""

    def must_be_live(self, *, at: datetime) -> None:
        """Raise `InactiveUser`, `TokenRevoked` or `TokenExpired`."""
        if not self.is_active:
            raise InactiveUser
        if self.revoked_at is not None:
            raise TokenRevoked
        if self.expires_at is not None and self.expires_at <= at:
            raise TokenExpired


class CallerReader(Protocol):
    """Who stands behind a session or an API key, asked on every request."""

    async def find(self, session_id: SessionId) -> Caller | None:
        """None where there is no such session, or its user is deleted."""
        ...

    async def find_by_api_key(self, key_hash: bytes) -> Caller | None:
        """None where there is no such key, or its owner is deleted."""
        ...


class RightsChanges(Protocol):
    """Tells whether anybody's rights may have changed."""

    @property
    def heard(self) -> int:
        """Never the same again after a change was heard of, here or in any other process."""
        ...


@attrs.frozen(kw_only=True)
class AccessClaims:
    """What a verified access token says."""

    user_id: UserId
    session_id: SessionId
    token_id: str
    issued_at: datetime
    expires_at: datetime


@attrs.frozen(kw_only=True)
class AccessToken:
    text: str = attrs.field(repr=False)
    expires_in: int
    """Seconds."""


class AccessTokens(Protocol):
    """Short-lived signed tokens that any process can verify without asking the database."""

    def issue(self, user_id: UserId, session_id: SessionId) -> AccessToken: ...

    def verify(self, token: str) -> AccessClaims:
        """Raise `TokenExpired`, or `NotAuthenticated` for every other defect."""
        ...


@attrs.frozen(kw_only=True)
class RefreshSecret:
    """A refresh token as its owner holds it, and as it is stored."""

    text: str = attrs.field(repr=False)
    token_hash: bytes = attrs.field(repr=False)


class RefreshSecrets(Protocol):
    """Where refresh tokens come from: 256 unguessable bits each."""

    def fresh(self) -> RefreshSecret: ...

    def successor(self, text: str) -> RefreshSecret:
        """The one token that follows `text`: the same at every call, unguessable from outside."""
        ...

    def hash(self, text: str) -> bytes: ...


class OneTimeTokenSecrets(Protocol):
    """How a one-time token is written: unguessable, and the same every time its mail is
    rendered, so that no secret has to be stored."""

    def text_of(self, purpose: TokenPurpose, token_id: OneTimeTokenId) -> str: ...

    def read(self, text: str, purpose: TokenPurpose) -> OneTimeTokenId | None:
        """None for anything but the text of a token of this purpose. Whether it is spent or too
        old is not known here."""
        ...


class SecretCipher(Protocol):
    """Keeps secrets that have to be read again from whoever reads the database."""

    @property
    def key_id(self) -> str:
        """Of the key that seals; others only open."""
        ...

    @property
    def key_ids(self) -> Collection[str]:
        """Of all keys that open."""
        ...

    def seal(self, secret: bytes, context: bytes) -> SealedSecret: ...

    def open(self, sealed: SealedSecret, context: bytes) -> bytes:
        """Raise `UnreadableSecret`, also for what was sealed in another context."""
        ...


class MfaTokens(Protocol):
    """What stands between the right password and the code; good for nothing else."""

    def issue(self, pending: PendingSignIn) -> str: ...

    def read(self, text: str) -> PendingSignIn | None:
        """None for anything but the text of such a token. Whether it is too old, or spent, is not
        known here."""
        ...

    def mark(self, password_hash: str | None) -> bytes:
        """Another for every password hash, and good for comparing only."""
        ...
