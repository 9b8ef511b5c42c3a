"""Web addresses."""

import pytest

from domain.errors import Invalid
from domain.url import MAX_URL_LENGTH, clean_url

LONGEST = "https://example.com/" + "a" * (MAX_URL_LENGTH - 20)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com/",
        "https://sub.example.com:8443/a/b;c=d?e=f&g=%20#h",
        "http://localhost:8000",
        "http://127.0.0.1/",
        "https://xn--bcher-kva.example/?q",
        "https://example.com#top",
        LONGEST,
    ],
)
def test_an_address_is_kept_as_it_is(url: str) -> None:
    assert clean_url("website", url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@example.com",
        "https://user:secret@example.com/",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com\n",
        "https://example.com/é",
        "https://exämple.com/",
        "https://example.com/%2",
        "https://example.com:123456/",
        "https://-example.com/",
        "https://example..com/",
        'https://example.com/"',
        "https://example.com/<a>",
        "https://example.com\\a",
        " https://example.com",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_url("website", url)
    [error] = refusal.value.errors
    assert (error.field, error.code) == ("website", "invalid_url")


def test_an_address_is_so_long() -> None:
    with pytest.raises(Invalid, match="at most 2000"):
        clean_url("website", LONGEST + "a")
    with pytest.raises(Invalid, match="at most 10 "):
        clean_url("website", "https://example.com", longest=10)
    with pytest.raises(Invalid, match="at least 30"):
        clean_url("website", "https://example.com", shortest=30)
