"""What the service signs and encrypts with, as the settings say."""

from adapters.security.keys import load_or_create_secret
from entrypoints.settings.schema import Settings


def secret_of(settings: Settings) -> str:
    """The configured secret, or in development the one that is kept beside the data."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return load_or_create_secret(settings.data_dir / "secret_key")


def older_secrets(settings: Settings) -> list[bytes]:
    """Those that nothing is made by any more, and what they made is still good."""
    previous = settings.secret_key_previous
    return [] if previous is None else [previous.get_secret_value().encode()]


def data_secrets(settings: Settings, secret: bytes) -> list[bytes]:
    """What secrets are encrypted with. The server's own come last, so that what they encrypted
    can be read until it has been encrypted anew."""
    listed = [each.get_secret_value().encode() for each in settings.data_encryption_keys]
    return [*listed, secret, *older_secrets(settings)]
