"""Secrets without secrecy: what tests put where cryptography would cost time or exactness."""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from uuid import UUID

import attrs

from application.access.ports import ApiKeySecret
from application.auth.ports import AccessClaims, AccessToken, RefreshSecret
from application.clock import Clock
from application.paging import Position
from application.users.ports import PasswordCheck
from domain.access import NotAuthenticated, SessionId, UserId
from domain.api_keys import API_KEY_MARK
from domain.auth import TokenExpired
from domain.errors import Invalid
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose
from domain.passwords import Password
from domain.secrets import SealedSecret, UnreadableSecret
from domain.totp import PendingSignIn

CURRENT = "plain:"
OUTDATED = "outdated:"


@attrs.frozen
class PlainPasswordHasher:
    """Keeps passwords readable. Hashes that begin with `OUTDATED` ask to be made anew."""

    async def hash(self, password: Password) -> str:
        return CURRENT + password.text

    async def verify(self, password: Password, password_hash: str | None) -> PasswordCheck:
        if password_hash is None or not password.is_presentable:
            return PasswordCheck(matches=False)
        scheme, _, text = password_hash.partition(":")
        return PasswordCheck(matches=text == password.text, is_outdated=f"{scheme}:" == OUTDATED)

    async def must_have_room(self) -> None:
        pass

    def recognises(self, password_hash: str) -> bool:
        return password_hash.startswith((CURRENT, OUTDATED))


@attrs.frozen
class ListedPasswordStrength:
    """Refuses the few passwords that everyone knows, and those that only repeat the context."""

    weak: frozenset[str] = frozenset({"password", "password1", "12345678", "qwertyuiop"})

    async def check(self, password: Password, *, field: str, context: Sequence[str]) -> None:
        guess = password.text.casefold()
        if guess in self.weak or guess in {word.casefold() for word in context}:
            raise Invalid.field(field, "weak_password", "is easy to guess")


@attrs.frozen
class PlainAccessTokens:
    """Remembers every token it issued, so that nothing else verifies."""

    clock: Clock
    lifetime: timedelta = timedelta(minutes=15)
    _issued: dict[str, AccessClaims] = attrs.field(factory=dict, init=False)

    def issue(self, user_id: UserId, session_id: SessionId) -> AccessToken:
        text = f"access-{len(self._issued) + 1}"
        now = self.clock.now()
        self._issued[text] = AccessClaims(
            user_id=user_id,
            session_id=session_id,
            token_id=text,
            issued_at=now,
            expires_at=now + self.lifetime,
        )
        return AccessToken(text=text, expires_in=int(self.lifetime.total_seconds()))

    def verify(self, token: str) -> AccessClaims:
        if token not in self._issued:
            raise NotAuthenticated
        claims = self._issued[token]
        if self.clock.now() >= claims.expires_at:
            raise TokenExpired
        return claims


@attrs.frozen
class PlainRefreshSecrets:
    """Refresh tokens that can be counted, each followed by itself with an apostrophe."""

    _numbers: "count[int]" = attrs.field(factory=lambda: count(1))

    def fresh(self) -> RefreshSecret:
        return self._secret(f"refresh-{next(self._numbers)}")

    def successor(self, text: str) -> RefreshSecret:
        return self._secret(f"{text}'")

    def hash(self, text: str) -> bytes:
        return text.encode(errors="surrogatepass")

    def _secret(self, text: str) -> RefreshSecret:
        return RefreshSecret(text=text, token_hash=self.hash(text))


@attrs.frozen
class PlainApiKeySecrets:
    """API keys that can be counted, each with a checksum that anyone can work out."""

    _numbers: "count[int]" = attrs.field(factory=lambda: count(1))

    def fresh(self) -> ApiKeySecret:
        number = next(self._numbers)
        text = f"{API_KEY_MARK}{number}-{number}"
        return ApiKeySecret(
            text=text, prefix=f"{API_KEY_MARK}{number}", key_hash=b"hash of " + text.encode()
        )

    def hash_of(self, text: str) -> bytes | None:
        number = text.removeprefix(API_KEY_MARK).partition("-")[0]
        if text != f"{API_KEY_MARK}{number}-{number}" or re.fullmatch("[0-9]+", number) is None:
            return None
        return b"hash of " + text.encode()


@attrs.frozen
class PlainOneTimeTokenSecrets:
    """The purpose and the id for all to read."""

    def text_of(self, purpose: TokenPurpose, token_id: OneTimeTokenId) -> str:
        return f"{purpose}.{token_id}"

    def read(self, text: str, purpose: TokenPurpose) -> OneTimeTokenId | None:
        try:
            token_id = OneTimeTokenId(UUID(text.removeprefix(f"{purpose}.")))
        except ValueError:
            return None
        return token_id if text == self.text_of(purpose, token_id) else None


@attrs.frozen
class PlainCursors:
    """Remembers every position it encoded, so that nothing else can be decoded."""

    _positions: dict[str, tuple[str, Position]] = attrs.field(factory=dict)

    def encode(self, listing: str, position: Position) -> str:
        cursor = f"{listing}-{len(self._positions) + 1}"
        self._positions[cursor] = (listing, position)
        return cursor

    def decode(self, listing: str, cursor: str) -> Position:
        made_for, position = self._positions.get(cursor, (None, None))
        if made_for != listing or position is None:
            raise Invalid.field("cursor", "invalid_cursor", "must come from a page of this list")
        return position


@attrs.frozen
class PlainSecretCipher:
    """Says in clear what a secret is for, and which key would have sealed it."""

    key_id: str = "key-1"
    older: frozenset[str] = frozenset()

    @property
    def key_ids(self) -> frozenset[str]:
        return self.older | {self.key_id}

    def seal(self, secret: bytes, context: bytes) -> SealedSecret:
        return SealedSecret(self.key_id, context + b"\n" + secret)

    def open(self, sealed: SealedSecret, context: bytes) -> bytes:
        if sealed.key_id not in self.key_ids:
            raise UnreadableSecret
        if not sealed.data.startswith(context + b"\n"):
            raise UnreadableSecret
        return sealed.data.removeprefix(context + b"\n")


@attrs.frozen
class PlainMfaTokens:
    """Remembers every sign-in that waits, so that nothing else can be read."""

    _pending: dict[str, PendingSignIn] = attrs.field(factory=dict, init=False)

    def issue(self, pending: PendingSignIn) -> str:
        text = f"mfa-{len(self._pending) + 1}"
        self._pending[text] = pending
        return text

    def read(self, text: str) -> PendingSignIn | None:
        return self._pending.get(text)

    def mark(self, password_hash: str | None) -> bytes:
        return (password_hash or "").encode()
