"""Which passwords are good enough."""

from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.memory.security import ListedPasswordStrength
from adapters.security.strength import ZxcvbnPasswordStrength
from application.users.ports import PasswordStrength
from domain.errors import Invalid
from domain.passwords import Password


@pytest.fixture(params=["memory", "zxcvbn"])
async def strength(request: pytest.FixtureRequest) -> AsyncIterator[PasswordStrength]:
    if request.param == "memory":
        yield ListedPasswordStrength()
        return
    zxcvbn = ZxcvbnPasswordStrength()
    yield zxcvbn
    await zxcvbn.aclose()


@pytest.mark.parametrize(
    "text", ["vexing-turnip-orbit-42", "пароль из многих слов", "x7!Qm#9pLw$2"]
)
async def test_a_good_password_passes(strength: PasswordStrength, text: str) -> None:
    await strength.check(Password(text), field="password", context=["ann@example.com", "ann", ""])


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("password", []),
        ("Password1", []),
        ("12345678", []),
        ("qwertyuiop", [""]),
        ("anneliese.lee@example.com", ["anneliese.lee@example.com", "ann", ""]),
        ("Anneliese Lee", ["a@example.com", "ann", "anneliese lee"]),
    ],
)
async def test_a_weak_one_is_refused_by_the_name_of_its_field(
    strength: PasswordStrength, text: str, context: Sequence[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await strength.check(Password(text), field="new_password", context=context)

    [error] = refusal.value.errors
    assert (error.field, error.code) == ("new_password", "weak_password")
    assert "anneliese" not in error.detail.casefold()


@pytest.mark.parametrize("context", [["\ud800", "\0", "x" * 10_000], ["", " ", "@"]])
async def test_any_context_will_do(strength: PasswordStrength, context: Sequence[str]) -> None:
    password = Password("vexing-turnip-orbit-42")

    await strength.check(password, field="password", context=context)
