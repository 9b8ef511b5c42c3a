"""Addresses wherever one is a field; what an account's is like is told with the accounts."""

import pytest

from domain.email import clean_email
from domain.errors import Invalid


@pytest.mark.parametrize(
    ("email", "code"),
    [("nowhere", "invalid_email"), ("a@b.cd", "too_short"), ("a@long.example", "too_long")],
)
def test_what_is_refused_is_said_of_the_field(email: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_email(email, field="contact", shortest=7, longest=13)

    [error] = refusal.value.errors
    assert (error.field, error.code) == ("contact", code)


def test_what_is_as_long_as_it_may_be_is_kept() -> None:
    assert clean_email("a@b.exam", shortest=8, longest=8) == "a@b.exam"
