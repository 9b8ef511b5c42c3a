"""Web addresses."""

import re

from domain.errors import Invalid

MAX_URL_LENGTH = 2000
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# RFC 3986 appendix A, of what leads to a page: no user, no password, and no address of 128 bits.
URL_PATTERN = (
    rf"^https?://{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?"
    r"(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$"
)
_URL = re.compile(URL_PATTERN.removesuffix("$") + r"\Z")


def clean_url(field: str, url: str, *, shortest: int = 0, longest: int = MAX_URL_LENGTH) -> str:
    """An address of the web as RFC 3986 writes it, or `Invalid` naming the field. What is beyond
    ASCII is escaped, as browsers do when it is copied."""
    if len(url) > longest:
        raise Invalid.field(field, "too_long", f"must have at most {longest} characters")
    if len(url) < shortest:
        raise Invalid.field(field, "too_short", f"must have at least {shortest} characters")
    if not _URL.match(url):
        raise Invalid.field(field, "invalid_url", "must be like https://example.com/path")
    return url
