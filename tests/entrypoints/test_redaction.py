"""What is masked wherever something is told."""

import pytest
from pydantic import SecretStr

from domain.passwords import Password
from entrypoints.redaction import MASK, redacted, redacted_of_people

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "SECRET_KEY", "refresh_token", "Authorization", "set-cookie",
     "api_key", "smtp_password", "sentry_dsn", "recovery_codes"],
)  # fmt: skip
def test_by_its_name(name: str) -> None:
    assert redacted(name, "hush") == MASK
    assert redacted("headers", {name: "hush", "host": "here"}) == {name: MASK, "host": "here"}


@pytest.mark.parametrize("value", [SecretStr("hush"), Password("hush hush"), b"hush"])
def test_by_its_type(value: object) -> None:
    assert redacted("anything", value) == MASK
    assert redacted("several", [value, 1]) == [MASK, 1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"of {JWT}.", f"of {MASK}."),
        ("tsk_0123456789abcdef is revoked", f"{MASK} is revoked"),
        ("Authorization: Bearer opaque", f"Authorization: Bearer {MASK}"),
        ("https://app.example.com/x#token=abc-1", f"https://app.example.com/x#token={MASK}"),
        ("redis://:hush@cache:6379/0", f"redis://{MASK}@cache:6379/0"),
        ("postgresql://ann:hush@db/x", f"postgresql://{MASK}@db/x"),
        ("https://app.example.com/roles", "https://app.example.com/roles"),
    ],
)
def test_by_its_looks(text: str, told: str) -> None:
    assert redacted("message", text) == told


def test_what_is_no_secret_is_told() -> None:
    assert redacted("status", 200) == 200
    assert redacted("address", None) is None
    assert redacted("path", "/api/v1/roles") == "/api/v1/roles"


def test_whoever_is_told_elsewhere_learns_of_nobody() -> None:
    told = redacted_of_people(
        "exception", {"values": [{"value": "(ann@example.com) from 10.0.0.7", "line": 7}]}
    )
    assert told == {"values": [{"value": f"({MASK}) from {MASK}", "line": 7}]}
