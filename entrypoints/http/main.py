"""`app` for any ASGI server: `uvicorn entrypoints.http.main:app`. The database must be there and
up to date; `tessera serve` sees to that, and to an embedded one."""

from domain.service_name import NAME
from entrypoints.http.app import create_app
from entrypoints.logs import configure_logs
from entrypoints.settings.loading import load_settings
from entrypoints.settings.sources import SettingsError

settings = load_settings()
if settings.database_url is None:
    raise SettingsError([f"DATABASE_URL: must be set under another server than `{NAME} serve`"])
configure_logs(settings.log_level, settings.log_lines)
app = create_app(settings, settings.database_url, long_lived=True)
