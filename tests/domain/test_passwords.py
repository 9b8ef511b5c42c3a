"""Passwords as they are typed."""

import pytest

from domain.errors import Invalid
from domain.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, Password


def test_every_keyboard_spells_a_password_alike() -> None:
    assert Password("e\u0301clair au cafe\u0301") == Password("éclair au café")


def test_look_alikes_stay_different() -> None:
    assert Password("\uff50assword") != Password("password")
    assert Password("Password") != Password("password")


@pytest.mark.parametrize(
    "text",
    [
        "x" * MIN_PASSWORD_LENGTH,
        "x" * MAX_PASSWORD_LENGTH,
        "💡" * MAX_PASSWORD_LENGTH,
        " spaces everywhere ",
        "tab\tand\nline break",
        "пароль из слов",
    ],
)
def test_length_counts_code_points_and_any_character_will_do(text: str) -> None:
    Password(text).must_be_acceptable("password")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "too_short"),
        ("x" * (MIN_PASSWORD_LENGTH - 1), "too_short"),
        # Eight code points as typed, but four characters that were put together.
        ("e\u0301" * 4, "too_short"),
        ("x" * (MAX_PASSWORD_LENGTH + 1), "too_long"),
        ("12345678\0", "forbidden_character"),
        ("12345678\ud800", "forbidden_character"),
    ],
)
def test_other_passwords_are_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Password(text).must_be_acceptable("new_password")

    assert refusal.value.errors[0].field == "new_password"
    assert refusal.value.errors[0].code == code


@pytest.mark.parametrize("text", ["", "short", "x" * MAX_PASSWORD_LENGTH, "\0"])
def test_what_could_be_a_password_is_worth_comparing(text: str) -> None:
    assert Password(text).is_presentable


@pytest.mark.parametrize("text", ["x" * (MAX_PASSWORD_LENGTH + 1), "\ud800", "x" * 1_000_000])
def test_what_is_nobodys_password_is_never_hashed(text: str) -> None:
    assert not Password(text).is_presentable


def test_a_password_is_never_shown() -> None:
    password = Password("correct horse")

    assert "correct" not in f"{password} {password!r} {[password]}"
