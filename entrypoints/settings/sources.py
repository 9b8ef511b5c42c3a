"""Secrets that are mounted as files."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource


class SettingsError(Exception):
    """Everything that is wrong with the settings, a line each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class SecretFiles(PydanticBaseSettingsSource):
    """`SECRET_KEY_FILE` and its like: what Docker and Kubernetes mount as files. Named in the
    environment, or else in `.env`."""

    def __init__(self, settings_cls: type[BaseSettings], dotenv: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self._dotenv = dotenv

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        named = f"{field_name.upper()}_FILE"
        path = os.environ.get(named) or self._dotenv.get(named.lower())
        if not path:
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").strip(), field_name, False

    def __call__(self) -> dict[str, object]:
        """Raise `SettingsError` with every file that can't be read."""
        values: dict[str, object] = {}
        faults = []
        for name, field in self.settings_cls.model_fields.items():
            try:
                value = self.get_field_value(field, name)[0]
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "is no text in UTF-8"
                faults.append(f"{name.upper()}_FILE: {why}")
            else:
                if value is not None:
                    values[name] = value
        if faults:
            raise SettingsError(faults)
        return values
