"""Email addresses: which there are, and when two of them are the same."""

import re
import unicodedata

from domain.errors import Invalid
from domain.text import forbidden_character

MAX_EMAIL_LENGTH = 254
# RFC 5322 §3.2.3 atoms, and RFC 6532 §3.2: anything beyond ASCII.
_LOCAL_PART = re.compile(r"[^\s()<>\[\]:;@\\,\"]+\Z")
_DOMAIN_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def clean_email(
    email: str, *, field: str = "email", shortest: int = 0, longest: int = MAX_EMAIL_LENGTH
) -> str:
    """An address as its owner writes it: no display name, no space, one `@`, a domain that
    IDNA can express. `Invalid` where it is anything else."""
    if len(email) > longest:
        raise Invalid.field(field, "too_long", f"must have at most {longest} characters")
    if len(email) < shortest:
        raise Invalid.field(field, "too_short", f"must have at least {shortest} characters")
    if forbidden_character(email) is not None or not _is_address(email):
        raise Invalid.field(field, "invalid_email", "must be an email address")
    return unicodedata.normalize("NFC", email)


def _is_address(email: str) -> bool:
    local_part, at, domain = email.rpartition("@")
    # As it compares: NFKC makes plain "@", ".." and "(" of characters that look like them.
    local_part = _comparable(local_part)
    if not at or not _LOCAL_PART.match(local_part) or len(local_part.encode()) > 64:
        return False
    if local_part.startswith(".") or local_part.endswith(".") or ".." in local_part:
        return False
    try:
        labels = _ascii_domain(domain).split(".")
    except UnicodeError:
        return False
    return len(labels) > 1 and all(_DOMAIN_LABEL.match(label) for label in labels)


def _comparable(local_part: str) -> str:
    folded = unicodedata.normalize("NFKC", local_part).casefold()
    return unicodedata.normalize("NFKC", folded)


def _ascii_domain(domain: str) -> str:
    return unicodedata.normalize("NFKC", domain).encode("idna").decode("ascii").lower()


def email_key(email: str) -> str:
    """The form by which addresses compare: NFKC and case-folded, the domain by IDNA; without what
    a keyboard adds around the one that somebody signs in by."""
    local_part, _, domain = clean_email(email.strip()).rpartition("@")
    return f"{_comparable(local_part)}@{_ascii_domain(domain)}"
