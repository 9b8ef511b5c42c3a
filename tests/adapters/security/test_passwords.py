"""Password hashes: every byte counts, imports verify, and refusals all cost the same."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import attrs
import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.security.passwords import MAX_COST, BcryptPasswordHasher
from adapters.security.threads import BoundedThreads
from domain.errors import Unavailable
from domain.passwords import Password

COST = 4
PASSWORD = Password("correct horse battery staple")
KNOWN_HASH = "hmac-sha256$2b$04$w.K9IuRKwsxE3FI4.pEv9uC5a87UbeaFk3mhwtO0.GtlSEkfs9e.6"


@attrs.define
class WatchedBcrypt:
    """The real one, with a record of its work."""

    rounds: int = 0
    threads: set[int] = attrs.field(factory=set)
    gate: threading.Event = attrs.field(factory=threading.Event)
    started: threading.Event = attrs.field(factory=threading.Event)

    def __attrs_post_init__(self) -> None:
        self.gate.set()

    def __call__(self, password: bytes, salt: bytes) -> bytes:
        self.started.set()
        self.gate.wait()
        self.rounds += 2 ** int(salt[4:6])
        self.threads.add(threading.get_ident())
        return bcrypt.hashpw(password, salt)


@pytest.fixture
def watched() -> Iterator[WatchedBcrypt]:
    watched = WatchedBcrypt()
    yield watched
    watched.gate.set()


@pytest.fixture
async def hasher(watched: WatchedBcrypt) -> AsyncIterator[BcryptPasswordHasher]:
    pool = BoundedThreads("bcrypt", threads=1, waiting=1, retry_after=3, refused_after=0)
    hasher = BcryptPasswordHasher(cost=COST, threads=pool, bcrypt=watched)
    yield hasher
    watched.gate.set()
    await hasher.aclose()


def imported(password: bytes, *, prefix: bytes = b"2b", cost: int = COST) -> str:
    """As another program would have stored it."""
    stored = bcrypt.hashpw(password[:72], bcrypt.gensalt(cost))
    return (b"$" + prefix + stored[3:]).decode()


async def test_verifies_what_it_hashed(hasher: BcryptPasswordHasher) -> None:
    check = await hasher.verify(PASSWORD, await hasher.hash(PASSWORD))
    assert check.matches
    assert not check.is_outdated


async def test_refuses_another_password(hasher: BcryptPasswordHasher) -> None:
    check = await hasher.verify(
        Password("correct horse battery stable"), await hasher.hash(PASSWORD)
    )
    assert not check.matches
    assert not check.is_outdated


async def test_hashes_the_same_password_differently_each_time(hasher: BcryptPasswordHasher) -> None:
    assert await hasher.hash(PASSWORD) != await hasher.hash(PASSWORD)


async def test_says_in_the_hash_how_it_was_made(hasher: BcryptPasswordHasher) -> None:
    stored = await hasher.hash(PASSWORD)
    assert stored.startswith("hmac-sha256$2b$04$")
    assert hasher.recognises(stored)


async def test_verifies_hashes_of_earlier_releases(hasher: BcryptPasswordHasher) -> None:
    # If this fails, so will every sign-in: the scheme needs a new prefix, and the old one kept.
    assert (await hasher.verify(PASSWORD, KNOWN_HASH)).matches


async def test_a_hash_is_not_plain_bcrypt_of_the_password(hasher: BcryptPasswordHasher) -> None:
    stored = (await hasher.hash(PASSWORD)).removeprefix("hmac-sha256")
    assert not bcrypt.checkpw(PASSWORD.text.encode(), stored.encode())


async def test_the_73rd_byte_counts(hasher: BcryptPasswordHasher) -> None:
    stored = await hasher.hash(Password("x" * 72 + "a"))
    assert (await hasher.verify(Password("x" * 72 + "a"), stored)).matches
    assert not (await hasher.verify(Password("x" * 72 + "b"), stored)).matches
    assert not (await hasher.verify(Password("x" * 72), stored)).matches


async def test_the_last_of_128_astral_characters_counts(hasher: BcryptPasswordHasher) -> None:
    stored = await hasher.hash(Password("😀" * 127 + "😁"))
    assert (await hasher.verify(Password("😀" * 127 + "😁"), stored)).matches
    assert not (await hasher.verify(Password("😀" * 128), stored)).matches


async def test_every_keyboard_spells_alike(hasher: BcryptPasswordHasher) -> None:
    stored = await hasher.hash(Password("cafe\u0301 du matin"))
    assert (await hasher.verify(Password("caf\u00e9 du matin"), stored)).matches


async def test_what_follows_a_nul_counts(hasher: BcryptPasswordHasher) -> None:
    stored = await hasher.hash(Password("before\0after"))
    assert (await hasher.verify(Password("before\0after"), stored)).matches
    assert not (await hasher.verify(Password("before\0other"), stored)).matches
    assert not (await hasher.verify(Password("before"), stored)).matches


@pytest.mark.parametrize("prefix", [b"2a", b"2b", b"2y"])
async def test_an_imported_hash_verifies_and_is_outdated(
    hasher: BcryptPasswordHasher, prefix: bytes
) -> None:
    stored = imported(PASSWORD.text.encode(), prefix=prefix)
    assert hasher.recognises(stored)
    check = await hasher.verify(PASSWORD, stored)
    assert check.matches
    assert check.is_outdated
    assert not (await hasher.verify(Password("another"), stored)).matches


@pytest.mark.parametrize("password", ["x" * 100, "x" + "é" * 60])
async def test_an_imported_hash_of_a_long_password_verifies_as_its_maker_cut_it(
    hasher: BcryptPasswordHasher, password: str
) -> None:
    assert (await hasher.verify(Password(password), imported(password.encode()))).matches


@pytest.mark.parametrize("cost", [COST + 1, COST + 2, COST + 3])
async def test_a_hash_of_another_cost_is_outdated(hasher: BcryptPasswordHasher, cost: int) -> None:
    stored = await attrs.evolve(hasher, cost=cost).hash(PASSWORD)
    check = await attrs.evolve(hasher, cost=COST + 2).verify(PASSWORD, stored)
    assert check.matches
    assert check.is_outdated is (cost != COST + 2)


MALFORMED = [
    "",
    "$",
    "x",
    "hmac-sha256",
    "hmac-sha256$",
    "$2b$04$",
    "$2b$04$" + "." * 52,
    "$2b$04$" + "." * 54,
    "$2b$04$" + "." * 53 + "\n",
    " $2b$04$" + "." * 53,
    "$2b$4$" + "." * 53,
    "$2b$03$" + "." * 53,
    "$2b$00$" + "." * 53,
    "$2b$17$" + "." * 53,
    "$2b$31$" + "." * 53,
    "$2b$99$" + "." * 53,
    "$2b$٠٤$" + "." * 53,
    "$2x$04$" + "." * 53,
    "$2$04$" + "." * 53,
    "$2b$04$" + "." * 21 + "/" + "." * 31,
    "$2b$04$" + "." * 52 + "é",
    "$2b$04$" + "." * 52 + "\ud800",
    "$2b$04$" + "." * 52 + "\0",
    "md5$2b$04$" + "." * 53,
    "hmac-sha256hmac-sha256$2b$04$" + "." * 53,
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
    "plain text",
]


@pytest.mark.parametrize("stored", MALFORMED)
async def test_a_malformed_hash_matches_nothing(
    hasher: BcryptPasswordHasher, watched: WatchedBcrypt, stored: str
) -> None:
    assert not hasher.recognises(stored)
    check = await hasher.verify(PASSWORD, stored)
    assert not check.matches
    assert watched.rounds == 2**COST


@pytest.mark.parametrize("addition", ["\n", "x", " ", "$2b$04$" + "." * 53])
async def test_a_hash_with_something_behind_it_matches_nothing(
    hasher: BcryptPasswordHasher, addition: str
) -> None:
    stored = await hasher.hash(PASSWORD) + addition
    assert not hasher.recognises(stored)
    assert not (await hasher.verify(PASSWORD, stored)).matches


@given(st.from_regex(r"(hmac-sha256)?\$2[abxy]\$(0[345]|31)\$[./A-Za-z0-9]{52,54}", fullmatch=True))
@settings(deadline=None, max_examples=60)
def test_what_is_recognised_can_be_compared_with(stored: str) -> None:
    hasher = BcryptPasswordHasher(cost=COST)

    async def verify_and_close() -> None:
        assert not (await hasher.verify(PASSWORD, stored)).matches
        await hasher.aclose()

    asyncio.run(verify_and_close())


@given(st.text())
def test_recognises_no_junk(junk: str) -> None:
    assert not BcryptPasswordHasher(cost=COST).recognises(junk)


async def test_nobody_costs_what_somebody_costs(
    hasher: BcryptPasswordHasher, watched: WatchedBcrypt
) -> None:
    stored = await hasher.hash(PASSWORD)
    watched.rounds = 0
    assert not (await hasher.verify(PASSWORD, None)).matches
    nobody, watched.rounds = watched.rounds, 0
    assert not (await hasher.verify(Password("wrong"), stored)).matches
    assert nobody == watched.rounds == 2**COST


async def test_a_cheaper_hash_is_refused_at_the_price_of_ours(
    hasher: BcryptPasswordHasher, watched: WatchedBcrypt
) -> None:
    dearer = attrs.evolve(hasher, cost=COST + 3)
    assert not (await dearer.verify(Password("wrong"), imported(b"right"))).matches
    assert watched.rounds == 2 ** (COST + 3)


@pytest.mark.parametrize("text", ["x" * 129, "\ud800", "x" * 100_000])
async def test_what_nobody_could_have_set_is_refused_at_the_same_price(
    hasher: BcryptPasswordHasher, watched: WatchedBcrypt, text: str
) -> None:
    stored = await hasher.hash(PASSWORD)
    watched.rounds = 0
    assert not (await hasher.verify(Password(text), stored)).matches
    assert watched.rounds == 2**COST


async def test_the_empty_password_is_not_nobodys(hasher: BcryptPasswordHasher) -> None:
    assert not (await hasher.verify(Password(""), None)).matches


async def test_never_works_on_the_thread_of_the_event_loop(
    hasher: BcryptPasswordHasher, watched: WatchedBcrypt
) -> None:
    await hasher.verify(PASSWORD, await hasher.hash(PASSWORD))
    await hasher.verify(PASSWORD, None)
    assert watched.threads
    assert threading.get_ident() not in watched.threads


async def test_refuses_what_is_too_much(
    hasher: BcryptPasswordHasher, watched: WatchedBcrypt
) -> None:
    watched.gate.clear()
    calls = [asyncio.create_task(hasher.verify(PASSWORD, None)) for _ in range(40)]
    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    refused = [call.exception() for call in calls if call.done()]
    assert len(refused) == 38
    assert {error.retry_after for error in refused if isinstance(error, Unavailable)} == {3}
    watched.gate.set()
    admitted = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in admitted) == 2
    assert (await hasher.verify(PASSWORD, await hasher.hash(PASSWORD))).matches


async def test_a_cancelled_caller_holds_its_room_until_bcrypt_is_done(
    watched: WatchedBcrypt,
) -> None:
    pool = BoundedThreads("bcrypt", threads=1, waiting=0)
    hasher = BcryptPasswordHasher(cost=COST, threads=pool, bcrypt=watched)
    watched.gate.clear()
    caller = asyncio.create_task(hasher.hash(PASSWORD))
    assert await asyncio.to_thread(watched.started.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with pytest.raises(Unavailable):
        await asyncio.wait_for(hasher.hash(PASSWORD), 10)
    watched.gate.set()
    await hasher.aclose()


async def test_refuses_once_closed(watched: WatchedBcrypt) -> None:
    hasher = BcryptPasswordHasher(cost=COST, bcrypt=watched)
    await hasher.aclose()
    with pytest.raises(Unavailable):
        await hasher.hash(PASSWORD)


@pytest.mark.parametrize("cost", [3, MAX_COST + 1, 31])
def test_refuses_costs_out_of_reason(cost: int) -> None:
    with pytest.raises(ValueError, match=r"cost|rounds"):
        BcryptPasswordHasher(cost=cost)


async def test_shows_no_secret(hasher: BcryptPasswordHasher) -> None:
    assert "$2b$" not in repr(hasher)
    assert "pre-hash" not in repr(hasher)
