"""What the values of settings may be, and how they are written."""

import json
import re
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from adapters.mail.message import Sender
from domain.throttling import RateLimit


class Environment(StrEnum):
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def listed(value: object) -> object:
    """A list as JSON, or separated by commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
ListedSecrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(listed)]


def postgres_url(url: str | None) -> str | None:
    if url is None:
        return None
    url = re.sub(r"^postgres(ql)?(\+asyncpg)?://", "postgresql://", url)
    if not url.startswith("postgresql://"):
        raise ValueError("must start with postgresql://")
    return url


def postgres_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(url for url in map(postgres_url, urls) if url is not None)


def url_of_redis(url: str | None) -> str | None:
    if url is None:
        return None
    # Imported late: most services have none, and it takes a while to import.
    from redis import ConnectionPool  # noqa: PLC0415 - see above

    try:
        ConnectionPool.from_url(url)
        place = urlsplit(url)
        is_redis = place.scheme == "unix" or re.fullmatch(r"/?\d*", place.path) is not None
    except ValueError:
        is_redis = False
    if not is_redis or "#" in url:
        # What is wrong with it may be a password that should have been quoted.
        raise ValueError("must be like redis://127.0.0.1:6379/0, rediss://… or unix://…") from None
    return url


def url_of_broker(url: str | None) -> str | None:
    if url is not None and urlsplit(url).scheme not in {"redis", "rediss"}:
        raise ValueError("must be like redis://127.0.0.1:6379/0 or rediss://…")
    return url_of_redis(url)


def origins_only(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s*]+", origin):
            raise ValueError("must be exact origins such as https://app.example.com")
    return origins


def storage_place(url: str | None) -> str | None:
    if url is not None and not re.fullmatch(
        r"file:.+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", url
    ):
        raise ValueError("must be like file:/srv/files or s3://bucket/prefix")
    return url


def sender_text(text: str) -> str:
    Sender.parse(text)
    return text


def rate_text(text: str) -> str:
    if text.strip().lower() == "off":
        return "off"
    RateLimit.parse("", text)
    return text.strip()


Rate = Annotated[str, AfterValidator(rate_text)]


def plain_name(name: str) -> str:
    if ":" in name or not name.isprintable():
        raise ValueError("must be plain text without a colon")
    return name
