"""The keys of access tokens, as the settings name them."""

from adapters.security.access_tokens import SigningKeys, TokenKey
from adapters.security.pem import read_pems
from entrypoints.settings.schema import Settings


def signing_keys(settings: Settings, secret: bytes) -> SigningKeys:
    """Raise `ValueError`, which the settings made sure of not to happen."""
    asymmetric = pem_keys(settings)
    retired = settings.secret_key_previous
    shared = [] if retired is None else [TokenKey.hs256(retired.get_secret_value().encode())]
    if settings.jwt_algorithm == "HS256":
        return SigningKeys(TokenKey.hs256(secret), (*asymmetric, *shared))
    current, *others = asymmetric
    return SigningKeys(current, (*others, *shared))


def pem_keys(settings: Settings) -> list[TokenKey]:
    given = [each.get_secret_value() for each in settings.jwt_private_keys]
    return [TokenKey.from_pem(pem) for each in given for pem in read_pems(each)]
