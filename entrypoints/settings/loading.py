"""The settings read, and refused with all their faults at once."""

from pydantic import ValidationError

from entrypoints.settings.rules import faults_of
from entrypoints.settings.schema import Settings
from entrypoints.settings.sources import SettingsError


def load_settings(**overrides: object) -> Settings:
    """Raise `SettingsError` with every fault; the values themselves are never repeated."""
    try:
        settings, faulty = _settings(overrides), dict[str, str]()
    except ValidationError as error:
        faulty = {str(each["loc"][0]): each["msg"] for each in error.errors() if each["loc"]}
        # With these at their defaults, the rules between settings have their say too.
        defaults = {name: Settings.model_fields[name].get_default() for name in faulty}
        settings = _settings({**overrides, **defaults})
    faults = [
        f"{name.upper()}: {text.removeprefix('Value error, ')}" for name, text in faulty.items()
    ]
    faults += [each for each in faults_of(settings) if each.partition(":")[0].lower() not in faulty]
    if faults:
        raise SettingsError(faults)
    return settings


def _settings(values: dict[str, object]) -> Settings:
    return Settings(**values)  # type: ignore[arg-type]  # pydantic checks them
