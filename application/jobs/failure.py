"""What is kept of a failed attempt, for whoever looks after the jobs."""

import re

from domain.errors import DomainError
from domain.jobs import MAX_ERROR_LENGTH

# Long runs of what tokens, keys and hashes are written in; the address in a mail's refusal; what
# stands before the @ of a URL.
_SECRETS = (
    (re.compile(r"(?<=://)[^\s/@]+@"), "…@"),
    (re.compile(r"[^\s<>@]+@[^\s<>@]+"), "…@…"),
    (re.compile(r"(?i)\b(password|bearer|secret|token)\W+\S+"), r"\1 …"),
    (re.compile(r"[A-Za-z0-9_+/=-]{20,}"), "…"),
)


class Permanent(Exception):
    """Trying again would be of no use."""


def described(error: Exception) -> str:
    """The kind of failure and what it says, without what might be somebody's secret."""
    text = str(error)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    kind = error.code if isinstance(error, DomainError) else type(error).__name__
    return (f"{kind}: {text}" if text else kind)[:MAX_ERROR_LENGTH]
