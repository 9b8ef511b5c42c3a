"""Settings from the environment, `.env` and secret files, checked all at once."""

import json
import os
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from adapters.mail.message import Sender
from application.throttling.throttle import RateLimits
from domain.throttling import RateLimit

MIN_SECRET_BYTES = 32


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


def _listed(value: object) -> object:
    """A list as JSON, or separated by commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
ListedSecrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_listed)]


def _postgres_url(url: str | None) -> str | None:
    if url is None:
        return None
    url = re.sub(r"^postgres(ql)?(\+asyncpg)?://", "postgresql://", url)
    if not url.startswith("postgresql://"):
        raise ValueError("must start with postgresql://")
    return url


def _postgres_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(url for url in map(_postgres_url, urls) if url is not None)


def _origin(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s*]+", origin):
            raise ValueError("must be exact origins such as https://app.example.com")
    return origins


def _sender(text: str) -> str:
    Sender.parse(text)
    return text


def _rate(text: str) -> str:
    if text.strip().lower() == "off":
        return "off"
    RateLimit.parse("", text)
    return text.strip()


Rate = Annotated[str, AfterValidator(_rate)]


def _plain_name(name: str) -> str:
    if ":" in name or not name.isprintable():
        raise ValueError("must be plain text without a colon")
    return name


class SettingsError(Exception):
    """Everything that is wrong with the settings, a line each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class _SecretFiles(PydanticBaseSettingsSource):
    """`SECRET_KEY_FILE` and its like: what Docker and Kubernetes mount as files."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE")
        if path is None:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise SettingsError([f"{field_name.upper()}_FILE: {error.strerror}"]) from error

    def __call__(self) -> dict[str, object]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """Every setting of the service; the README's table is made from this."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        populate_by_name=True,
    )

    environment: Environment = Field(
        Environment.DEVELOPMENT, description="Picks defaults; production refuses weak ones."
    )
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="How many processes serve.")
    data_dir: Path = Field(
        Path(".tessera"), description="Where the embedded database and the development secret live."
    )
    public_base_url: str | None = Field(
        None, description="How clients reach the service; by default from `HOST` and `PORT`."
    )

    public_app_url: str | None = Field(
        None,
        description="Where the pages are that mails link to; by default `PUBLIC_BASE_URL`.",
    )

    database_url: Annotated[str | None, AfterValidator(_postgres_url)] = Field(
        None,
        repr=False,
        description="A PostgreSQL 15 or later; without it, an embedded one under `DATA_DIR`.",
    )
    database_pool_size: int = Field(
        32, ge=1, le=1000, description="Connections per process; requests beyond them queue."
    )
    database_queue_size: int = Field(
        1024, ge=0, description="Requests that may wait for a connection; past it, 503."
    )
    database_connect_timeout: float = Field(2.0, gt=0, description="Seconds.")
    database_statement_timeout: float = Field(5.0, gt=0, description="Seconds.")
    database_lock_timeout: float = Field(3.0, gt=0, description="Seconds.")
    database_replica_urls: Annotated[Listed, AfterValidator(_postgres_urls)] = Field(
        (),
        repr=False,
        description="Streaming standbys of the database, to read from; comma or JSON list, the "
        "same for every process.",
    )
    database_replica_max_lag_seconds: float = Field(
        0.5,
        ge=0.1,
        le=10,
        description="A replica further behind is not read; a change waits as long for one that is.",
    )

    secret_key: SecretStr | None = Field(
        None,
        description="Signs tokens and cursors: 32 bytes or more. In development one is made and "
        "kept under `DATA_DIR`.",
    )
    secret_key_previous: SecretStr | None = Field(
        None,
        description="The `SECRET_KEY` before this one, while tokens that it signed are about, and "
        "until `tessera keys rotate-data` is done.",
    )
    jwt_algorithm: Literal["HS256", "ES256", "RS256"] = Field(
        "HS256",
        description="Signs access tokens: by `SECRET_KEY`, or by the first of `JWT_PRIVATE_KEYS`.",
    )
    jwt_private_keys: ListedSecrets = Field(
        (),
        description="PEM texts or paths; the first signs, all verify. "
        "Make one with `tessera keys generate`.",
    )
    data_encryption_keys: ListedSecrets = Field(
        (),
        description="Encrypt what is stored and has to be read again: the first encrypts, all "
        "decrypt; by default `SECRET_KEY` does. Make one with `tessera keys generate --data`.",
    )
    access_token_expire_minutes: int = Field(15, ge=1, le=24 * 60, description="Minutes.")
    refresh_token_expire_days: int = Field(
        30, ge=1, le=365, description="A session's longest life, in days."
    )
    session_idle_days: int = Field(
        14, ge=1, le=365, description="Days after which an unused session ends."
    )
    deletion_grace_days: int = Field(
        14, ge=0, le=365, description="Days in which a deleted account can come back."
    )
    refresh_reuse_leeway_seconds: int = Field(
        0, ge=0, le=10, description="How long a repeated refresh gets the same successor."
    )
    mail_link_minutes: int = Field(
        60, ge=5, le=60, description="How long the link in a mail may be followed."
    )
    totp_issuer: Annotated[str, AfterValidator(_plain_name)] = Field(
        "Tessera",
        min_length=1,
        max_length=64,
        description="What authenticator apps call the service.",
    )
    bcrypt_cost: int = Field(12, ge=4, le=16, description="Doubles the work with each step.")
    hashing_queue_size: int = Field(
        16, ge=0, description="Passwords that may wait to be hashed; past it, 503."
    )
    require_verified_email: bool = Field(
        default=False,
        description="Whether the unverified reach nothing but their own account.",
    )
    registration_open: bool = Field(default=True, description="Whether strangers may sign up.")
    first_superuser_email: str | None = Field(
        None, description="Made at start, where there is no superuser yet."
    )
    first_superuser_password: SecretStr | None = Field(None, description="Its password.")

    smtp_host: str | None = Field(
        None,
        description="The mail server; without one, mails are kept under `DATA_DIR`, to be looked "
        "at by `tessera mail`.",
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_user: str | None = Field(None, description="Whom to sign in as, if at all.")
    smtp_password: SecretStr | None = Field(None, description="That account's password.")
    smtp_starttls: bool = Field(
        default=True, description="Whether the connection must be made safe by STARTTLS."
    )
    smtp_tls: bool = Field(
        default=False, description="Whether it is safe from the start, as at port 465."
    )
    mail_from: Annotated[str, AfterValidator(_sender)] = Field(
        "Tessera <tessera@localhost>", description="Who mails say they are from."
    )
    jobs_concurrency: int = Field(
        8,
        ge=0,
        le=100,
        description="Jobs that each process of the server runs at once; 0 leaves them to others.",
    )
    job_retention_days: int = Field(
        7, ge=1, le=365, description="Days after which finished jobs are forgotten."
    )
    dead_job_retention_days: int = Field(
        30, ge=1, le=365, description="Days after which jobs that failed for good are forgotten."
    )
    rate_limit_login_account: Rate = Field(
        "10/5m", description="Refused sign-ins of one account; `off` turns a limit off."
    )
    rate_limit_login_address: Rate = Field(
        "50/5m", description="Refused sign-ins from one address, or one /64 of IPv6."
    )
    rate_limit_login_global: Rate = Field(
        "3000/5m", description="Refused sign-ins of all, from where their owners never were."
    )
    rate_limit_mail: Rate = Field(
        "5/1h", description="Mails that somebody asks for: per account, and per address."
    )
    rate_limit_signup: Rate = Field("20/1h", description="Accounts made from one address.")
    rate_limit_general: Rate = Field(
        "1200/1m", description="Requests of one caller, or of one address where nobody is known."
    )

    backend_cors_origins: Annotated[Listed, AfterValidator(_origin)] = Field(
        (), description="Origins whose pages may call the API; comma or JSON list."
    )
    allowed_hosts: Listed = Field(
        (), description="`Host` names that are answered; by default any in development."
    )
    trusted_proxies: Listed = Field(
        (), description="Addresses whose `X-Forwarded-*` headers count."
    )
    docs_enabled: bool = Field(default=True, description="Whether `/docs` and `/redoc` are served.")
    max_body_bytes: int = Field(1024 * 1024, ge=1024, description="The largest request body.")
    body_timeout: float = Field(30.0, gt=0, description="Seconds for a request body to arrive.")
    request_timeout: float = Field(10.0, gt=0, description="Seconds for a request to be answered.")
    shutdown_timeout: int = Field(30, ge=1, description="Seconds to finish requests at the end.")
    log_level: LogLevel = Field(LogLevel.INFO, description="The least that is logged.")
    log_format: LogFormat | None = Field(
        None, description="`text` or `json`; by default text in development, and else JSON."
    )

    @model_validator(mode="after")
    def _nothing_is_weak(self) -> Self:
        faults = []
        if self.secret_key is not None:
            if len(self.secret_key.get_secret_value().encode()) < MIN_SECRET_BYTES:
                faults.append(f"SECRET_KEY: must have at least {MIN_SECRET_BYTES} bytes")
        elif self.is_production:
            faults.append("SECRET_KEY: must be set in production")
        faults += self._faults_of_the_keys()
        if (self.first_superuser_email is None) != (self.first_superuser_password is None):
            faults.append("FIRST_SUPERUSER_EMAIL, FIRST_SUPERUSER_PASSWORD: want each other")
        faults += self._faults_of_the_mail()
        if self.session_idle_days > self.refresh_token_expire_days:
            faults.append("SESSION_IDLE_DAYS: must not be more than REFRESH_TOKEN_EXPIRE_DAYS")
        if self.is_production:
            faults += self._faults_in_production()
        if faults:
            raise SettingsError(faults)
        return self

    def _faults_of_the_keys(self) -> list[str]:
        previous = self.secret_key_previous
        faults = []
        if previous is not None and len(previous.get_secret_value().encode()) < MIN_SECRET_BYTES:
            faults.append(f"SECRET_KEY_PREVIOUS: must have at least {MIN_SECRET_BYTES} bytes")
        if previous is not None and previous == self.secret_key and self.jwt_algorithm == "HS256":
            faults.append("SECRET_KEY_PREVIOUS: must differ from SECRET_KEY")
        data_keys = [each.get_secret_value().encode() for each in self.data_encryption_keys]
        if any(len(each) < MIN_SECRET_BYTES for each in data_keys):
            faults.append(f"DATA_ENCRYPTION_KEYS: must have at least {MIN_SECRET_BYTES} bytes each")
        if len(set(data_keys)) < len(data_keys):
            faults.append("DATA_ENCRYPTION_KEYS: must not name a key twice")
        if self.jwt_algorithm == "HS256" and not self.jwt_private_keys:
            return faults
        # Imported late: most services have no such keys, and reading them takes cryptography.
        from entrypoints.signing_keys import pem_keys  # noqa: PLC0415 - see above

        try:
            keys = pem_keys(self)
        except ValueError as error:
            return [*faults, f"JWT_PRIVATE_KEYS: {error}"]
        if self.jwt_algorithm != "HS256" and not (
            keys and keys[0].can_sign and keys[0].algorithm == self.jwt_algorithm
        ):
            faults.append(f"JWT_PRIVATE_KEYS: must begin with a private {self.jwt_algorithm} key")
        if len({key.kid for key in keys}) < len(keys):
            faults.append("JWT_PRIVATE_KEYS: must not name a key twice")
        return faults

    def _faults_of_the_mail(self) -> list[str]:
        faults = []
        if (self.smtp_user is None) != (self.smtp_password is None):
            faults.append("SMTP_USER, SMTP_PASSWORD: want each other")
        if self.smtp_host is not None and "mail_from" not in self.model_fields_set:
            faults.append("MAIL_FROM: must be set where SMTP_HOST is")
        return faults

    def _faults_in_production(self) -> list[str]:
        https = (self.public_base_url or "").startswith("https://")
        rules = {
            "DATABASE_URL: must be set": self.database_url is not None,
            "BACKEND_CORS_ORIGINS: must not be *": "*" not in self.backend_cors_origins,
            "ALLOWED_HOSTS: must name the hosts": bool(self.allowed_hosts)
            and "*" not in self.allowed_hosts,
            "PUBLIC_BASE_URL: must be an https:// URL": https,
            "PUBLIC_APP_URL: must be an https:// URL": self.app_url.startswith("https://")
            or not https,
            "BCRYPT_COST: must be at least 10": self.bcrypt_cost >= 10,
            "SMTP_HOST: must be set": self.smtp_host is not None,
            "SMTP_PASSWORD: must go by SMTP_STARTTLS or SMTP_TLS": self.smtp_password is None
            or self.smtp_starttls
            or self.smtp_tls,
        }
        return [f"{rule} in production" for rule, is_kept in rules.items() if not is_kept]

    @property
    def rate_limits(self) -> RateLimits:
        return RateLimits(
            login_account=_limit("login_account", self.rate_limit_login_account),
            login_address=_limit("login_address", self.rate_limit_login_address),
            login_global=_limit("login_global", self.rate_limit_login_global),
            mail=_limit("mail", self.rate_limit_mail),
            sign_up=_limit("signup", self.rate_limit_signup),
            general=_limit("general", self.rate_limit_general),
        )

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def is_development(self) -> bool:
        return self.environment is Environment.DEVELOPMENT

    @property
    def log_lines(self) -> LogFormat:
        if self.log_format is not None:
            return self.log_format
        return LogFormat.TEXT if self.is_development else LogFormat.JSON

    @property
    def base_url(self) -> str:
        if self.public_base_url is not None:
            return self.public_base_url.rstrip("/")
        return f"http://{self.host}:{self.port}"

    @property
    def kept_mail(self) -> Path:
        return self.data_dir / "mail"

    @property
    def app_url(self) -> str:
        return self.base_url if self.public_app_url is None else self.public_app_url.rstrip("/")

    @property
    def refresh_reuse_leeway(self) -> timedelta:
        return timedelta(seconds=self.refresh_reuse_leeway_seconds)

    @property
    def mail_link_lifetime(self) -> timedelta:
        return timedelta(minutes=self.mail_link_minutes)

    @property
    def session_absolute(self) -> timedelta:
        return timedelta(days=self.refresh_token_expire_days)

    @property
    def deletion_grace(self) -> timedelta:
        return timedelta(days=self.deletion_grace_days)

    @property
    def session_idle(self) -> timedelta:
        return timedelta(days=self.session_idle_days)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings


def _limit(name: str, rate: str) -> RateLimit | None:
    return None if rate == "off" else RateLimit.parse(name, rate)


def load_settings(**overrides: object) -> Settings:
    """Raise `SettingsError` with every fault; the values themselves are never repeated."""
    try:
        return _settings(overrides)
    except ValidationError as error:
        faults = {str(each["loc"][0]): each["msg"] for each in error.errors() if each["loc"]}
    # With the faulty fields at their defaults, the rules between fields have their say too.
    defaults = {name: Settings.model_fields[name].get_default() for name in faults}
    named = [
        f"{name.upper()}: {text.removeprefix('Value error, ')}" for name, text in faults.items()
    ]
    try:
        _settings({**overrides, **defaults})
    except SettingsError as error:
        named += [each for each in error.faults if each.partition(":")[0].lower() not in faults]
    raise SettingsError(named)


def _settings(values: dict[str, object]) -> Settings:
    return Settings(**values)  # type: ignore[arg-type]  # pydantic checks them
