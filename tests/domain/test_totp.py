"""Codes of authenticator apps, recovery codes, and how many wrong ones are too many."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
import pyotp
import pytest

from domain.throttling import AccountLocked
from domain.totp import (
    STEP_SECONDS,
    MfaMethod,
    code_of,
    method_of,
    otpauth_uri,
    recovery_code,
    recovery_code_hash,
    secret_text,
    step_at,
    step_of,
)
from tests.builders import CREATED, UPDATED, a_totp, a_user

SECRET = b"12345678901234567890"
NOW = datetime(2026, 3, 14, 12, 0, 15, tzinfo=UTC)
STEP = timedelta(seconds=STEP_SECONDS)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        # RFC 6238, appendix B: the last six of its eight digits.
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert code_of(SECRET, step_at(at)) == code
    assert step_of(code, SECRET, at=at) == seconds // 30


@pytest.mark.parametrize("counter", range(10))
def test_another_implementation_shows_the_same(counter: int) -> None:
    at = NOW + counter * timedelta(days=97, seconds=11)

    assert pyotp.TOTP(secret_text(SECRET)).at(at) == code_of(SECRET, step_at(at))


@pytest.mark.parametrize(
    ("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_a_step_off(steps: int, is_taken: bool) -> None:
    shown_at = NOW + steps * STEP

    step = step_of(code_of(SECRET, step_at(shown_at)), SECRET, at=NOW)

    assert step == (step_at(shown_at) if is_taken else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\ud800", "0" * 99])
def test_no_step_has_an_odd_code(code: str) -> None:
    assert step_of(code, SECRET, at=NOW) is None


def test_a_code_may_be_grouped() -> None:
    code = code_of(SECRET, step_at(NOW))

    assert step_of(f" {code[:3]} {code[3:]}\n", SECRET, at=NOW) == step_at(NOW)


@pytest.mark.parametrize("account", ["ann@example.com", "ann+x&y@bücher.example", "a b?#@x.de"])
@pytest.mark.parametrize("issuer", ["Tessera", "Black & White, Inc. 100%"])
def test_an_authenticator_app_reads_the_uri(issuer: str, account: str) -> None:
    uri = otpauth_uri(SECRET, issuer=issuer, account=account)

    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    assert (read.name, read.issuer, read.interval, read.digits) == (account, issuer, 30, 6)
    assert read.at(NOW) == code_of(SECRET, step_at(NOW))
    # Some apps take "+" literally, so a space has to be "%20".
    assert "+" not in uri
    assert unquote(urlsplit(uri).path) == f"/{issuer}:{account}"
    assert parse_qs(urlsplit(uri).query)["algorithm"] == ["SHA1"]


def test_recovery_codes_are_easy_to_copy() -> None:
    assert recovery_code(bytes(range(15))) == "aaaq-eaye-auda-ocaj-bifq-ydio"
    assert {len(group) for group in recovery_code(b"\xff" * 15).split("-")} == {4}


def test_however_a_recovery_code_is_typed_it_is_the_same() -> None:
    ann = a_user()
    written = recovery_code(b"fifteen bytes!!")
    typed = [written, written.upper(), written.replace("-", ""), f" {written.replace('-', ' ')} "]

    assert len({recovery_code_hash(text, ann.id) for text in typed}) == 1


def test_a_recovery_code_hashes_differently_for_everyone() -> None:
    assert recovery_code_hash("aaaa", a_user().id) != recovery_code_hash("aaaa", a_user().id)


@pytest.mark.parametrize("code", ["123456", "123 456", "123-456"])
def test_six_digits_are_of_an_app(code: str) -> None:
    assert method_of(code) is MfaMethod.TOTP


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "a" * 24, "\ud800"])
def test_everything_else_is_taken_for_a_recovery_code(code: str) -> None:
    assert method_of(code) is MfaMethod.RECOVERY_CODE


def test_five_wrong_codes_in_five_minutes_are_too_many() -> None:
    totp = a_totp(a_user().id, failures=())
    minutes = [UPDATED + timedelta(minutes=number) for number in range(5)]

    notes = []
    for at in minutes:
        totp.must_take_codes(at=at)
        notes.append(totp.note_failure(at=at))

    assert notes == [False, False, False, False, True]
    with pytest.raises(AccountLocked) as refusal:
        totp.must_take_codes(at=minutes[-1])
    assert refusal.value.retry_after == 60


def test_the_lock_opens_by_itself_one_code_at_a_time() -> None:
    totp = a_totp(a_user().id, failures=())
    for number in range(5):
        totp.note_failure(at=UPDATED + timedelta(minutes=number))
    opens = UPDATED + timedelta(minutes=5)

    with pytest.raises(AccountLocked) as refusal:
        totp.must_take_codes(at=opens - timedelta(microseconds=1))
    assert refusal.value.retry_after == 1
    totp.must_take_codes(at=opens)
    assert totp.note_failure(at=opens)
    with pytest.raises(AccountLocked):
        totp.must_take_codes(at=opens)
    assert len(totp.failures) == 5


def test_a_clock_that_goes_back_locks_for_no_longer_than_it_should() -> None:
    totp = a_totp(a_user().id, failures=(UPDATED,) * 5)

    with pytest.raises(AccountLocked):
        totp.must_take_codes(at=UPDATED - timedelta(seconds=10))


def test_nothing_secret_is_printed() -> None:
    totp = attrs.evolve(a_totp(a_user().id), sealed_secret=b"canary", created_at=CREATED)

    assert "canary" not in repr(totp)
    assert repr(min(totp.recovery_codes)) not in repr(totp)
    assert "canary" not in repr(totp.sealed)
