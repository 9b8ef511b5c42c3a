"""Hashing passwords and comparing with hashes."""

from collections.abc import AsyncIterator

import pytest

from adapters.memory.security import PlainPasswordHasher
from adapters.security.passwords import MIN_COST, BcryptPasswordHasher
from application.users.ports import PasswordCheck, PasswordHasher
from domain.passwords import MAX_PASSWORD_LENGTH, Password


@pytest.fixture(params=["memory", "bcrypt"])
async def hasher(request: pytest.FixtureRequest) -> AsyncIterator[PasswordHasher]:
    if request.param == "memory":
        yield PlainPasswordHasher()
        return
    bcrypt = BcryptPasswordHasher(cost=MIN_COST)
    yield bcrypt
    await bcrypt.aclose()


@pytest.mark.parametrize(
    "text",
    [
        "correct horse",
        " ",
        "💡" * MAX_PASSWORD_LENGTH,
        "пароль из слов",
        "nul\0inside",
        "\0",
    ],
    ids=["words", "space", "long", "cyrillic", "nul inside", "nul"],
)
async def test_a_password_matches_its_hash(hasher: PasswordHasher, text: str) -> None:
    password_hash = await hasher.hash(Password(text))

    assert await hasher.verify(Password(text), password_hash) == PasswordCheck(matches=True)


LONG = "x" * (MAX_PASSWORD_LENGTH - 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("correct horse", "wrong horse"),
        ("correct horse", "Correct horse"),
        ("correct horse", "correct horse "),
        ("correct horse", ""),
        ("", "correct horse"),
        ("nul\0one", "nul\0other"),
        (f"{LONG}1", f"{LONG}2"),
        (LONG, f"{LONG}1"),
    ],
    ids=["other", "case", "space", "nothing", "something", "nul", "last of many", "one more"],
)
async def test_no_other_password_matches(hasher: PasswordHasher, one: str, other: str) -> None:
    password_hash = await hasher.hash(Password(one))

    assert await hasher.verify(Password(other), password_hash) == PasswordCheck(matches=False)


async def test_every_keyboard_spells_a_password_alike(hasher: PasswordHasher) -> None:
    password_hash = await hasher.hash(Password("e\u0301clair au cafe\u0301"))

    assert (await hasher.verify(Password("éclair au café"), password_hash)).matches


@pytest.mark.parametrize("text", ["correct horse", "", "x" * 1_000_000, "\ud800"])
async def test_nothing_matches_where_there_is_no_hash(hasher: PasswordHasher, text: str) -> None:
    assert await hasher.verify(Password(text), None) == PasswordCheck(matches=False)


@pytest.mark.parametrize("text", ["x" * (MAX_PASSWORD_LENGTH + 1), "\ud800", "x" * 1_000_000])
async def test_what_is_nobodys_password_matches_nothing(hasher: PasswordHasher, text: str) -> None:
    password_hash = await hasher.hash(Password("x" * MAX_PASSWORD_LENGTH))

    assert await hasher.verify(Password(text), password_hash) == PasswordCheck(matches=False)


@pytest.mark.parametrize("password_hash", ["", "x", "$2b$", "5f4dcc3b5aa765d61d8327deb882cf99"])
async def test_what_is_no_hash_matches_nothing(hasher: PasswordHasher, password_hash: str) -> None:
    check = await hasher.verify(Password("correct horse"), password_hash)

    assert not check.matches


async def test_it_recognises_its_own_hashes(hasher: PasswordHasher) -> None:
    assert hasher.recognises(await hasher.hash(Password("correct horse")))


@pytest.mark.parametrize(
    "text", ["", "correct horse", "5f4dcc3b5aa765d61d8327deb882cf99", "\0", "\ud800", "x" * 10_000]
)
def test_it_recognises_nothing_else(hasher: PasswordHasher, text: str) -> None:
    assert not hasher.recognises(text)
