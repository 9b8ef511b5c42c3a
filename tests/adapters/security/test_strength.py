"""What passes for a strong password, and what those hear whose password does not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn_rs_py import Suggestion, zxcvbn
from zxcvbn_rs_py import Warning as Weakness

from adapters.security.strength import _SUGGESTIONS, _WARNINGS, ZxcvbnPasswordStrength, _complaint
from adapters.security.threads import BoundedThreads
from domain.errors import FieldError, Invalid, Unavailable
from domain.passwords import MAX_PASSWORD_LENGTH, Password

ALL_SIGNS = "1+<#53$!%42907|{@[/8&6("
"""Every character that stands for a letter: what takes zxcvbn longest."""


@pytest.fixture(scope="module")
async def strength() -> AsyncIterator[ZxcvbnPasswordStrength]:
    strength = ZxcvbnPasswordStrength()
    yield strength
    await strength.aclose()


@pytest.fixture
def gate() -> Iterator[Event]:
    gate = Event()
    yield gate
    gate.set()


async def complaint_about(
    strength: ZxcvbnPasswordStrength, password: str, context: Sequence[str] = ()
) -> FieldError:
    with pytest.raises(Invalid) as refusal:
        await strength.check(Password(password), field="new_password", context=context)
    [error] = refusal.value.errors
    return error


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "kq9w!zpv-Lm",
        "Donaudampfschifffahrtskapitän",
        "пароль для чужого сада",
        "😀🐙🎻🧊🪐🦜🍉🛶🧭🪁🦔🥨",
        ALL_SIGNS,
    ],
)
async def test_lets_strong_passwords_pass(strength: ZxcvbnPasswordStrength, password: str) -> None:
    await strength.check(Password(password), field="password", context=["ann@example.com", "ann"])


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password", "It is one of the ten most common passwords."),
        ("sunshine", "It is one of the hundred most common passwords."),
        ("P@ssw0rd1", "It is similar to a commonly used password."),
        ("aaaaaaaaaaaa", 'Repeats like "aaa" are easy to guess.'),
        ("abcabcabcabc", 'Repeats like "abcabc" are only slightly harder to guess than "abc".'),
        ("qwertyuiop[]", "Straight rows of keys are easy to guess."),
        ("1234567890!@#$%^&*()", "Straight rows of keys are easy to guess."),
        ("abcdefghijk", 'Sequences like "abc" or "6543" are easy to guess.'),
        ("13.05.1987", "Dates are often easy to guess."),
    ],
)
async def test_says_what_is_weak(
    strength: ZxcvbnPasswordStrength, password: str, reason: str
) -> None:
    error = await complaint_about(strength, password)
    assert (error.field, error.code) == ("new_password", "weak_password")
    assert error.detail.startswith("would be guessed soon. ")
    assert reason in error.detail


async def test_a_refusal_does_not_repeat_the_password(strength: ZxcvbnPasswordStrength) -> None:
    error = await complaint_about(strength, "zimmerlinde", ["zimmerlinde"])
    assert "zimmer" not in error.detail


async def test_says_what_would_help(strength: ZxcvbnPasswordStrength) -> None:
    error = await complaint_about(strength, "P@ssword")
    assert "Add another word or two; uncommon ones are better." in error.detail
    assert 'Writing "@" for "a" and the like helps little.' in error.detail


@pytest.mark.parametrize(
    "password",
    [
        "ottilie.brandstaetter@example.com",
        "ottilie.brandstaetter",
        "brandstaetter-ottilie",
        "OttilieBrandstaetter",
        "ottilie-brandstaetter",
        "Brandstaetter1",
        "zimmerlinde1987",
        "z1mmerl1nde",
        "Zimmerlinde",
        "tessera-2026",
        "T3ssera!",
        "tesseratessera",
    ],
)
async def test_what_is_known_of_someone_makes_their_password_weak(
    strength: ZxcvbnPasswordStrength, password: str
) -> None:
    context = ["Ottilie.Brandstaetter@Example.com", "zimmerlinde", "Ottilie Brandstaetter"]
    await complaint_about(strength, password, context)


async def test_the_name_in_an_email_is_known(strength: ZxcvbnPasswordStrength) -> None:
    context = ["Ottilie.Brandstaetter@Example.com"]
    await complaint_about(strength, "ottilie-brandstaetter", context)


@pytest.mark.parametrize("context", [["", "a", "ab", "@", " ", "..."], ["\ud800"], ["x" * 10_000]])
async def test_takes_any_context(strength: ZxcvbnPasswordStrength, context: list[str]) -> None:
    await strength.check(Password("kq9w!zpv-Lm"), field="password", context=context)


async def test_a_strong_end_makes_up_for_a_long_weak_start(
    strength: ZxcvbnPasswordStrength,
) -> None:
    await complaint_about(strength, "a" * MAX_PASSWORD_LENGTH)
    password = "a" * (MAX_PASSWORD_LENGTH - 11) + "kq9w!zpv-Lm"
    await strength.check(Password(password), field="password", context=[])


@given(st.text(st.characters(codec=None), max_size=20))
@settings(deadline=None)
def test_judges_any_text(text: str) -> None:
    complaint = _complaint(text, (text,))
    assert complaint is None or complaint.startswith("would be guessed soon.")


def test_no_password_takes_long() -> None:
    # Judged as one piece, these take the library over a second each, and hold up all threads.
    hostile = (ALL_SIGNS * 6)[:MAX_PASSWORD_LENGTH]
    weak_and_hostile = ("1234567890" * 3 + "!@#$%^&*()" * 3 + "aaaa{[(<||++" * 9)[:128]
    plain = time.perf_counter()
    zxcvbn(hostile, [])
    unbounded = time.perf_counter() - plain
    for password in (hostile, weak_and_hostile):
        start = time.perf_counter()
        _complaint(password, ())
        assert time.perf_counter() - start < unbounded / 4


def test_every_warning_and_suggestion_has_a_sentence() -> None:
    # The members of these enumerations can't be iterated over.
    for kind, sentences in ((Weakness, _WARNINGS), (Suggestion, _SUGGESTIONS)):
        names = {name for name in dir(kind) if name[0].isupper()}
        assert {repr(member).rpartition(".")[2] for member, _ in sentences} == names
        assert all(text.endswith(".") for _, text in sentences)


async def test_refuses_what_is_too_much(gate: Event) -> None:
    strength = ZxcvbnPasswordStrength(threads=BoundedThreads("test", threads=1, waiting=0))
    busy = asyncio.create_task(strength.threads.run(gate.wait))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await strength.check(Password("kq9w!zpv-Lm"), field="password", context=[])
    gate.set()
    await busy
    await strength.aclose()
