"""Password hashes by bcrypt."""

import base64
import hmac
import re
from collections.abc import Callable
from functools import partial

import attrs
import bcrypt

from adapters.security.threads import BoundedThreads, usable_cores
from application.users.ports import PasswordCheck
from domain.passwords import Password

MIN_COST = 4
MAX_COST = 16
DEFAULT_COST = 12

# A constant of the program on purpose, and not made from the server's secret: rotating that secret
# must lock nobody out. What the key is for is separation: SHA-256 digests of passwords that leaked
# elsewhere are of no use for guessing at these hashes. Changing it makes every hash mismatch.
_PREHASH_KEY = b"tessera password pre-hash v1"
_PREHASHED = "hmac-sha256"
_BCRYPT_READS = 72

# A hash of cost 31 would keep a core busy for weeks, so what is dearer than `MAX_COST` is no hash
# to us. The 22nd character of the salt carries two bits only.
_STORED = re.compile(
    rf"(?P<prehashed>{_PREHASHED})?"
    r"(?P<bcrypt>\$2[aby]\$(?P<cost>0[4-9]|1[0-6])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31})"
)


def _threads_for_all_cores() -> BoundedThreads:
    cores = usable_cores()
    return BoundedThreads("bcrypt", threads=cores, waiting=16 * cores)


@attrs.frozen(kw_only=True, eq=False)
class BcryptPasswordHasher:
    """Hashes as `hmac-sha256$2b$…`: bcrypt of the base64 of a keyed digest of the password.

    bcrypt alone reads 72 bytes and ignores the rest; the digest lets every byte count. Plain bcrypt
    hashes, as an import brings them, are compared with the way their makers did and reported
    outdated. Threads help because bcrypt lets go of the interpreter's lock while it works.
    """

    cost: int = attrs.field(
        default=DEFAULT_COST,
        validator=[attrs.validators.ge(MIN_COST), attrs.validators.le(MAX_COST)],
    )
    """The logarithm of the number of rounds; one more takes twice the time."""
    threads: BoundedThreads = attrs.field(factory=_threads_for_all_cores)
    _bcrypt: Callable[[bytes, bytes], bytes] = bcrypt.hashpw
    """Of a password and a salt, which may be a whole hash."""
    _nobodys_hash: bytes = attrs.field(init=False, repr=False)

    @_nobodys_hash.default
    def _well_formed_at_our_cost(self) -> bytes:
        return bcrypt.gensalt(self.cost) + b"." * 31

    async def hash(self, password: Password) -> str:
        return await self.threads.run(partial(self._hash, password))

    async def verify(self, password: Password, password_hash: str | None) -> PasswordCheck:
        return await self.threads.run(partial(self._verify, password, password_hash))

    async def must_have_room(self) -> None:
        await self.threads.must_have_room()

    def recognises(self, password_hash: str) -> bool:
        return _STORED.fullmatch(password_hash) is not None

    async def aclose(self) -> None:
        await self.threads.aclose()

    def _hash(self, password: Password) -> str:
        digest = self._bcrypt(_prehash(password), bcrypt.gensalt(self.cost))
        return f"{_PREHASHED}{digest.decode('ascii')}"

    def _verify(self, password: Password, password_hash: str | None) -> PasswordCheck:
        stored = _STORED.fullmatch(password_hash or "")
        if stored is None or not password.is_presentable:
            self._bcrypt(b"", self._nobodys_hash)
            return PasswordCheck(matches=False)
        is_prehashed = stored["prehashed"] is not None
        cost = int(stored["cost"])
        presented = _prehash(password) if is_prehashed else _as_plain_bcrypt_reads(password)
        expected = stored["bcrypt"].encode("ascii")
        if not hmac.compare_digest(self._bcrypt(presented, expected), expected):
            self._make_up_for(cost)
            return PasswordCheck(matches=False)
        return PasswordCheck(matches=True, is_outdated=not is_prehashed or cost != self.cost)

    def _make_up_for(self, cost: int) -> None:
        """Add to a cheaper comparison what it lacks: 2^c + 2^c + 2^(c+1) + … + 2^(cost-1) = 2^cost.
        Otherwise a quick refusal would tell that an account exists and was imported."""
        for missing in range(cost, self.cost):
            self._bcrypt(b"", bcrypt.gensalt(missing))


def _prehash(password: Password) -> bytes:
    return base64.b64encode(hmac.digest(_PREHASH_KEY, password.text.encode(), "sha256"))


def _as_plain_bcrypt_reads(password: Password) -> bytes:
    return password.text.encode()[:_BCRYPT_READS]
