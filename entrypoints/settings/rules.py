"""What must hold between settings, and what production asks of them."""

import re
from importlib.util import find_spec

from domain.service_name import NAME
from entrypoints.settings.schema import Settings

MIN_SECRET_BYTES = 32
_COLLECTOR = re.compile(r"https?://[^@/\s?#]+(/[^@\s?#]*)?")
_SENTRY_DSN = re.compile(r"https?://[^@/\s]+@[^/\s]+/(\S*/)?\d+")


def faults_of(settings: Settings) -> list[str]:
    """A line each, that begins with the names of the settings it is about."""
    faults = _faults_of_the_secret(settings)
    faults += _faults_of_the_keys(settings)
    if (settings.first_superuser_email is None) != (settings.first_superuser_password is None):
        faults.append("FIRST_SUPERUSER_EMAIL, FIRST_SUPERUSER_PASSWORD: want each other")
    faults += _faults_of_the_mail(settings)
    if settings.metrics_port is not None and settings.metrics_port == settings.port != 0:
        faults.append("METRICS_PORT: must differ from PORT")
    faults += _faults_of_the_storage(settings)
    faults += _faults_of_sentry(settings)
    faults += _faults_of_traces(settings)
    if settings.session_idle_days > settings.refresh_token_expire_days:
        faults.append("SESSION_IDLE_DAYS: must not be more than REFRESH_TOKEN_EXPIRE_DAYS")
    if settings.is_production:
        faults += _faults_in_production(settings)
    return faults


def _faults_of_the_secret(settings: Settings) -> list[str]:
    if settings.secret_key is None:
        return ["SECRET_KEY: must be set in production"] if settings.is_production else []
    if len(settings.secret_key.get_secret_value().encode()) < MIN_SECRET_BYTES:
        return [f"SECRET_KEY: must have at least {MIN_SECRET_BYTES} bytes"]
    return []


def _faults_of_the_keys(settings: Settings) -> list[str]:
    previous = settings.secret_key_previous
    faults = []
    if previous is not None and len(previous.get_secret_value().encode()) < MIN_SECRET_BYTES:
        faults.append(f"SECRET_KEY_PREVIOUS: must have at least {MIN_SECRET_BYTES} bytes")
    if (
        previous is not None
        and previous == settings.secret_key
        and settings.jwt_algorithm == "HS256"
    ):
        faults.append("SECRET_KEY_PREVIOUS: must differ from SECRET_KEY")
    data_keys = [each.get_secret_value().encode() for each in settings.data_encryption_keys]
    if any(len(each) < MIN_SECRET_BYTES for each in data_keys):
        faults.append(f"DATA_ENCRYPTION_KEYS: must have at least {MIN_SECRET_BYTES} bytes each")
    if len(set(data_keys)) < len(data_keys):
        faults.append("DATA_ENCRYPTION_KEYS: must not name a key twice")
    if settings.jwt_algorithm == "HS256" and not settings.jwt_private_keys:
        return faults
    # Imported late: most services have no such keys, and reading them takes cryptography.
    from entrypoints.signing_keys import pem_keys  # noqa: PLC0415 - see above

    try:
        keys = pem_keys(settings)
    except ValueError as error:
        return [*faults, f"JWT_PRIVATE_KEYS: {error}"]
    if settings.jwt_algorithm != "HS256" and not (
        keys and keys[0].can_sign and keys[0].algorithm == settings.jwt_algorithm
    ):
        faults.append(f"JWT_PRIVATE_KEYS: must begin with a private {settings.jwt_algorithm} key")
    if len({key.kid for key in keys}) < len(keys):
        faults.append("JWT_PRIVATE_KEYS: must not name a key twice")
    return faults


def _faults_of_the_storage(settings: Settings) -> list[str]:
    faults = []
    if (settings.s3_access_key_id is None) != (settings.s3_secret_access_key is None):
        faults.append("S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY: want each other")
    if (settings.storage_url or "").startswith("s3:") and find_spec("obstore") is None:
        faults.append("STORAGE_URL: s3:// wants the extra `s3` to be installed")
    return faults


def _faults_of_the_mail(settings: Settings) -> list[str]:
    faults = []
    if (settings.smtp_user is None) != (settings.smtp_password is None):
        faults.append("SMTP_USER, SMTP_PASSWORD: want each other")
    if settings.smtp_host is not None and "mail_from" not in settings.model_fields_set:
        faults.append("MAIL_FROM: must be set where SMTP_HOST is")
    return faults


def _faults_in_production(settings: Settings) -> list[str]:
    https = (settings.public_base_url or "").startswith("https://")
    rules = {
        "DATABASE_URL: must be set": settings.database_url is not None,
        "BACKEND_CORS_ORIGINS: must not be *": "*" not in settings.backend_cors_origins,
        "ALLOWED_HOSTS: must name the hosts": bool(settings.allowed_hosts)
        and "*" not in settings.allowed_hosts,
        "PUBLIC_BASE_URL: must be an https:// URL": https,
        "PUBLIC_APP_URL: must be an https:// URL": settings.app_url.startswith("https://")
        or not https,
        "BCRYPT_COST: must be at least 10": settings.bcrypt_cost >= 10,
        "SMTP_HOST: must be set": settings.smtp_host is not None,
        "SMTP_PASSWORD: must go by SMTP_STARTTLS or SMTP_TLS": settings.smtp_password is None
        or settings.smtp_starttls
        or settings.smtp_tls,
    }
    return [f"{rule} in production" for rule, is_kept in rules.items() if not is_kept]


def _faults_of_sentry(settings: Settings) -> list[str]:
    if settings.sentry_dsn is None:
        return []
    faults = []
    if not _SENTRY_DSN.fullmatch(settings.sentry_dsn.get_secret_value()):
        faults.append("SENTRY_DSN: must be like https://key@host/1")
    if find_spec("sentry_sdk") is None:
        faults.append(f"SENTRY_DSN: wants the extra: `pip install {NAME}[sentry]`")
    return faults


def _faults_of_traces(settings: Settings) -> list[str]:
    if settings.otel_exporter_otlp_endpoint is None:
        return []
    faults = []
    if not _COLLECTOR.fullmatch(settings.otel_exporter_otlp_endpoint):
        faults.append(
            "OTEL_EXPORTER_OTLP_ENDPOINT: must be like http://host:4318; what it is to be shown "
            "goes into OTEL_EXPORTER_OTLP_HEADERS"
        )
    # FastAPI brings the package that holds both.
    extra = ("opentelemetry.sdk", "opentelemetry.exporter")
    if any(find_spec(each) is None for each in extra):
        faults.append(f"OTEL_EXPORTER_OTLP_ENDPOINT: wants the extra: `pip install {NAME}[otel]`")
    return faults
