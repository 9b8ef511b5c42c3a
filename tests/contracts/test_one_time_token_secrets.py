"""How one-time tokens are written."""

from uuid import UUID

import pytest

from adapters.memory.security import PlainOneTimeTokenSecrets
from adapters.security.one_time_tokens import HmacOneTimeTokenSecrets
from application.auth.ports import OneTimeTokenSecrets
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose

TOKEN_ID = OneTimeTokenId(UUID("0195d3a2-6f00-7000-8000-000000000001"))
ANOTHER_ID = OneTimeTokenId(UUID("0195d3a2-6f00-7000-8000-000000000002"))


@pytest.fixture(params=["memory", "hmac"])
def secrets(request: pytest.FixtureRequest) -> OneTimeTokenSecrets:
    if request.param == "memory":
        return PlainOneTimeTokenSecrets()
    return HmacOneTimeTokenSecrets(b"a secret of the tests, long enough")


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_reads_what_it_wrote(secrets: OneTimeTokenSecrets, purpose: TokenPurpose) -> None:
    assert secrets.read(secrets.text_of(purpose, TOKEN_ID), purpose) == TOKEN_ID


def test_writes_the_same_every_time(secrets: OneTimeTokenSecrets) -> None:
    texts = {secrets.text_of(TokenPurpose.NOT_ME, TOKEN_ID) for _ in range(3)}

    assert len(texts) == 1


def test_every_token_has_a_text_of_its_own(secrets: OneTimeTokenSecrets) -> None:
    texts = {
        secrets.text_of(purpose, token_id)
        for purpose in TokenPurpose
        for token_id in (TOKEN_ID, ANOTHER_ID)
    }

    assert len(texts) == 2 * len(TokenPurpose)


@pytest.mark.parametrize("made_for", TokenPurpose)
def test_no_purpose_passes_for_another(
    secrets: OneTimeTokenSecrets, made_for: TokenPurpose
) -> None:
    text = secrets.text_of(made_for, TOKEN_ID)

    assert [purpose for purpose in TokenPurpose if secrets.read(text, purpose)] == [made_for]


@pytest.mark.parametrize("purpose", TokenPurpose)
@pytest.mark.parametrize(
    "junk",
    ["", " ", "\0", "\ud800", "é" * 64, "A" * 64, "x" * 100_000, str(TOKEN_ID), TOKEN_ID.hex],
    ids=range(9),
)
def test_junk_is_no_token(secrets: OneTimeTokenSecrets, purpose: TokenPurpose, junk: str) -> None:
    assert secrets.read(junk, purpose) is None


@pytest.mark.parametrize("wrap", ["{} ", " {}", "{}\n", "{}=", "{}A", "{}#"])
def test_a_token_can_be_written_in_one_way_only(secrets: OneTimeTokenSecrets, wrap: str) -> None:
    text = secrets.text_of(TokenPurpose.RESET_PASSWORD, TOKEN_ID)

    assert secrets.read(wrap.format(text), TokenPurpose.RESET_PASSWORD) is None
