"""The version of this service, as installed."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("tessera")
    except PackageNotFoundError:
        # A checkout that is run in place, without being installed.
        return "0.1.0"


VERSION = _installed()
