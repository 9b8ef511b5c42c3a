"""Which settings there are."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from application.throttling.throttle import RateLimits
from application.transfers import TransferLimits
from domain.service_name import NAME, TITLE
from domain.throttling import RateLimit
from entrypoints.settings.sources import SecretFiles
from entrypoints.settings.values import (
    Environment,
    Listed,
    ListedSecrets,
    LogFormat,
    LogLevel,
    Rate,
    origins_only,
    plain_name,
    postgres_url,
    postgres_urls,
    sender_text,
    storage_place,
    url_of_broker,
    url_of_redis,
)


class Settings(BaseSettings):
    """Every setting of the service; their page is made from this."""

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
        Path(f".{NAME}"), description="Where the embedded database and the development secret live."
    )
    public_base_url: str | None = Field(
        None, description="How clients reach the service; by default from `HOST` and `PORT`."
    )

    public_app_url: str | None = Field(
        None,
        description="Where the pages are that mails link to; by default `PUBLIC_BASE_URL`.",
    )

    database_url: Annotated[str | None, AfterValidator(postgres_url)] = Field(
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
    database_slow_statement: float = Field(
        0.5, ge=0, description="Seconds from which on a statement is logged; 0 logs none."
    )
    database_replica_urls: Annotated[Listed, AfterValidator(postgres_urls)] = Field(
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
    redis_url: Annotated[str | None, AfterValidator(url_of_redis)] = Field(
        None,
        repr=False,
        description="A Redis 6 or later that all processes share, such as "
        "`redis://127.0.0.1:6379/0`; without it, each does for itself.",
    )
    redis_timeout: float = Field(
        0.1, gt=0, le=1, description="Seconds after which what Redis does is done without it."
    )
    item_cache_seconds: float = Field(
        1.0,
        ge=0,
        le=1,
        description="For how long another process may show an item as it was before a change; "
        "0 reads each anew.",
    )

    secret_key: SecretStr | None = Field(
        None,
        description="Signs tokens and cursors: 32 bytes or more. In development one is made and "
        "kept under `DATA_DIR`.",
    )
    secret_key_previous: SecretStr | None = Field(
        None,
        description="The `SECRET_KEY` before this one, while tokens that it signed are about, and "
        f"until `{NAME} keys rotate-data` is done.",
    )
    jwt_algorithm: Literal["HS256", "ES256", "RS256"] = Field(
        "HS256",
        description="Signs access tokens: by `SECRET_KEY`, or by the first of `JWT_PRIVATE_KEYS`.",
    )
    jwt_private_keys: ListedSecrets = Field(
        (),
        description="PEM texts or paths; the first signs, all verify. "
        f"Make one with `{NAME} keys generate`.",
    )
    data_encryption_keys: ListedSecrets = Field(
        (),
        description="Encrypt what is stored and has to be read again: the first encrypts, all "
        "decrypt; by default `SECRET_KEY` does. "
        f"Make one with `{NAME} keys generate --data`.",
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
    totp_issuer: Annotated[str, AfterValidator(plain_name)] = Field(
        TITLE,
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
        f"at by `{NAME} mail`.",
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
    mail_from: Annotated[str, AfterValidator(sender_text)] = Field(
        f"{TITLE} <{NAME}@localhost>", description="Who mails say they are from."
    )
    broker_url: Annotated[str | None, AfterValidator(url_of_broker)] = Field(
        None,
        repr=False,
        description="A Redis by which jobs go to Celery's workers "
        f"(`{NAME} worker`); without it the servers run them.",
    )
    jobs_concurrency: int = Field(
        8,
        ge=0,
        le=100,
        description="Jobs that each process of the server runs at once, where it runs them; "
        "0 leaves them, and handing them to workers, to others.",
    )
    job_time_limit_seconds: int = Field(
        600, ge=1, le=24 * 3600, description="A job that takes longer has failed."
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

    storage_url: Annotated[str | None, AfterValidator(storage_place)] = Field(
        None,
        description="Where files are kept: `file:` and a directory, or `s3://` with a bucket and "
        "perhaps a prefix; by default under `DATA_DIR`. Of one database alone.",
    )
    s3_endpoint: str | None = Field(
        None, description="The URL of what speaks like S3; by default AWS itself."
    )
    s3_region: str | None = Field(None, description="The bucket's region.")
    s3_access_key_id: str | None = Field(
        None, description="By default whatever the machine has, such as a role."
    )
    s3_secret_access_key: SecretStr | None = Field(None, description="That key's secret.")
    s3_link_seconds: int = Field(
        60,
        ge=0,
        le=3600,
        description="How long a download's redirect to S3 works; 0 has the bytes pass through the "
        "service.",
    )
    upload_max_bytes: int = Field(
        25 * 1024 * 1024, ge=1024, description="The largest file that may be sent."
    )
    storage_quota_bytes: int = Field(
        1024 * 1024 * 1024,
        ge=0,
        description="What the files of one account's items may take together.",
    )
    upload_timeout: float = Field(
        3600.0,
        gt=0,
        le=12 * 3600,
        description="Seconds for a file to be sent or fetched, all in all.",
    )
    backend_cors_origins: Annotated[Listed, AfterValidator(origins_only)] = Field(
        (), description="Origins whose pages may call the API; comma or JSON list."
    )
    allowed_hosts: Listed = Field(
        (), description="`Host` names that are answered; by default any in development."
    )
    trusted_proxies: Listed = Field(
        (), description="Addresses whose `X-Forwarded-*` headers count."
    )
    docs_enabled: bool = Field(default=True, description="Whether `/docs` and `/redoc` are served.")
    max_header_bytes: int = Field(
        32 * 1024, ge=1024, description="The largest request line and headers together."
    )
    max_body_bytes: int = Field(1024 * 1024, ge=1024, description="The largest request body.")
    header_timeout: float = Field(
        10.0, gt=0, description="Seconds for the headers of a request to arrive."
    )
    body_timeout: float = Field(30.0, gt=0, description="Seconds for a request body to arrive.")
    request_timeout: float = Field(10.0, gt=0, description="Seconds for a request to be answered.")
    transfers_at_once: int = Field(
        4, ge=1, description="Imports and exports that each process runs at once; past it, 503."
    )
    transfer_timeout: float = Field(
        600.0, gt=0, description="Seconds for an import or an export, all in all."
    )
    transfer_silence: float = Field(
        30.0, gt=0, description="Seconds in which its client must send, or take, the next piece."
    )
    import_max_bytes: int = Field(256 * 1024 * 1024, ge=1024, description="The largest import.")
    shutdown_timeout: int = Field(30, ge=1, description="Seconds to finish requests at the end.")
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="A port of its own for `/metrics`; without one it is at `PORT`, outside "
        "development only where there is a `METRICS_TOKEN`.",
    )
    metrics_host: str = Field("127.0.0.1", description="The address that `METRICS_PORT` is at.")
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="What Prometheus must show as its bearer token."
    )
    metrics_dir: Path | None = Field(
        None,
        description="A directory in which processes share their figures: servers other than "
        f"`{NAME} serve`, which makes one for its own, and workers beside any.",
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="Where errors are told to; wants the extra `sentry`."
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None,
        description="Where OTLP over HTTP takes traces, as http://collector:4318; wants the extra "
        "`otel`. OpenTelemetry's own variables say the rest, such as `OTEL_TRACES_SAMPLER`.",
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="The least that is logged.")
    log_format: LogFormat | None = Field(
        None, description="`text` or `json`; by default text in development, and else JSON."
    )

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
    def transfer_limits(self) -> TransferLimits:
        return TransferLimits(
            at_once=self.transfers_at_once,
            max_bytes=self.import_max_bytes,
            seconds=self.transfer_timeout,
            silence=self.transfer_silence,
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
    def exposes_metrics(self) -> bool:
        """Never by accident: outside development somebody has to have said how."""
        return (
            self.is_development or self.metrics_port is not None or self.metrics_token is not None
        )

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
    def job_time_limit(self) -> timedelta:
        return timedelta(seconds=self.job_time_limit_seconds)

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
        dotenv = (
            dotenv_settings.env_vars if isinstance(dotenv_settings, DotEnvSettingsSource) else {}
        )
        return init_settings, env_settings, SecretFiles(settings_cls, dotenv), dotenv_settings


def _limit(name: str, rate: str) -> RateLimit | None:
    return None if rate == "off" else RateLimit.parse(name, rate)
