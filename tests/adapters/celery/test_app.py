"""What the broker is asked for."""

import ssl
from datetime import timedelta

import pytest

from adapters.celery.app import celery_app


@pytest.mark.parametrize(
    ("parameters", "certificate"),
    [
        ("", ssl.CERT_REQUIRED),
        ("?ssl_cert_reqs=required", ssl.CERT_REQUIRED),
        ("?ssl_cert_reqs=none", ssl.CERT_NONE),
    ],
)
def test_a_safe_connection_is_to_whom_the_url_names(
    parameters: str, certificate: ssl.VerifyMode
) -> None:
    app = celery_app(f"rediss://redis.example.com/0{parameters}", time_limit=timedelta(seconds=1))
    safety = app.connection_for_write().ssl
    assert isinstance(safety, dict)
    assert safety["ssl_cert_reqs"] is certificate


def test_nothing_but_json_is_read() -> None:
    app = celery_app("redis://redis.example.com", time_limit=timedelta(seconds=1))
    assert app.conf.accept_content == ["json"]
