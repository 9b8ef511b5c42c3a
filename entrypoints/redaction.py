"""Secrets, masked wherever something is told of the service: by name, by type and by their looks.

None of them should get that far; this is for the day on which one does."""

import re
from collections.abc import Mapping
from functools import lru_cache

from pydantic import SecretBytes, SecretStr

from domain.passwords import Password

MASK = "********"

_NAMES = re.compile(
    r"passw|secret|token|authorization|cookie|credential|api_?key|private_?key|dsn|otp|recovery",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    # A JSON Web Token, an API key, what follows `Bearer`, the fragment of a mailed link,
    # the password in a URL.
    r"eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*"
    r"|tsk_\w{8,}"
    r"|(?<=[Bb]earer )[^\s\"']+"
    r"|(?<=[#?&]token=)[\w.-]+"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
_ADDRESSES = re.compile(r"[^\s@<>()\"',:;=]+@[^\s@<>()\"',:;=]+\.\w+|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_HARMLESS = (int, float, bool, type(None))
_SECRET = (SecretStr, SecretBytes, Password, bytes, bytearray)


def redacted(name: str, value: object) -> object:
    """The value as it may be told under this name."""
    if isinstance(value, str):
        return MASK if _is_secret(name) else scrubbed(value)
    if isinstance(value, _HARMLESS):
        return value
    if isinstance(value, _SECRET) or _is_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: redacted(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(name, each) for each in value]
    return scrubbed(str(value))


def redacted_of_people(name: str, value: object) -> object:
    """The same for whoever is told elsewhere, and without the addresses of people."""
    if isinstance(value, Mapping):
        return {key: redacted_of_people(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_of_people(name, each) for each in value]
    told = redacted(name, value)
    return _ADDRESSES.sub(MASK, told) if isinstance(told, str) else told


def scrubbed(text: str) -> str:
    # Most texts have none of these, and to look for all five costs less than the expression, which
    # is looked for in each field of each line.
    if "eyJ" in text or "tsk_" in text or "earer " in text or "token=" in text or "://" in text:
        return _LOOKS.sub(MASK, text)
    return text


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _NAMES.search(name) is not None
