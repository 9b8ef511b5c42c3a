"""The service under gunicorn, where a platform asks for it; by itself it has workers of its own.

`gunicorn --config deploy/gunicorn.conf.py` wants `gunicorn` and `uvicorn-worker` installed,
DATABASE_URL, and migrations that are done."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from uvicorn_worker import UvicornWorker

from entrypoints.http.uvicorn_config import config_of
from entrypoints.settings.loading import load_settings

_SETTINGS = load_settings()
_UVICORN = config_of(_SETTINGS, None)


class Worker(UvicornWorker):
    """Speaks as `tessera serve` does, within the same limits."""

    CONFIG_KWARGS: ClassVar[dict[str, object]] = {
        name: getattr(_UVICORN, name)
        for name in (
            "http",
            "ws",
            "ws_max_size",
            "ws_per_message_deflate",
            "access_log",
            "server_header",
            "proxy_headers",
            "forwarded_allow_ips",
            "timeout_graceful_shutdown",
        )
    }


wsgi_app = "entrypoints.http.main:app"
worker_class = Worker
bind = f"{_SETTINGS.host}:{_SETTINGS.port}"
workers = _SETTINGS.workers
backlog = _UVICORN.backlog
# How long a worker may be silent, which it is only where something blocks it, and then how long it
# may take to finish what it has begun.
timeout = 30
graceful_timeout = _SETTINGS.shutdown_timeout + 5

# Each worker is asked for the figures of all.
_METRICS = Path(tempfile.mkdtemp(prefix="tessera-metrics-"))
os.environ.setdefault("METRICS_DIR", str(_METRICS))


def on_exit(_server: object) -> None:
    shutil.rmtree(_METRICS, ignore_errors=True)
