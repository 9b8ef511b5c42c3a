"""nginx as it is deployed, in front of a real server; and gunicorn as it is deployed."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import attrs
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.free_port import free_port
from tests.system.service import (
    API,
    PASSWORD,
    PROJECT,
    Installation,
    Server,
    an_installation,
    eventually,
)

CONFIGURATION = PROJECT / "deploy" / "nginx" / "service.conf"
CLIENT = "127.0.0.9"
"""Another address than nginx has for itself."""
_MAIN = """
daemon off;
error_log stderr warn;
pid {place}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    {site}
}}
"""


@attrs.frozen
class Front:
    """The service as clients reach it, through nginx."""

    server: Server
    port: int
    plain_port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    with an_installation() as installation:
        yield installation


@pytest.fixture(scope="session")
def front(installation: Installation) -> Iterator[Front]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.fail("no nginx here; on Debian: apt-get install nginx-light", pytrace=False)
    port, plain_port = free_port(), free_port()
    server = installation.serve(
        PUBLIC_BASE_URL=f"https://localhost:{port}",
        TRUSTED_PROXIES="127.0.0.1",
        ALLOWED_HOSTS="localhost",
        RATE_LIMIT_SIGNUP="off",
    ).wait_until_ready()
    with tempfile.TemporaryDirectory(prefix="tessera-nginx-") as directory:
        place = Path(directory)
        certificate, key = _certificate(place)
        site = _moved(CONFIGURATION.read_text(), server.port, port, plain_port, certificate, key)
        file = place / "nginx.conf"
        file.write_text(_MAIN.format(place=place, site=site))
        with subprocess.Popen([program, "-c", file, "-p", place]) as nginx:
            try:
                eventually(lambda: _answers(port) or None, "nginx")
                trust = ssl.create_default_context(cafile=certificate)
                yield Front(server, port, plain_port, trust)
            finally:
                nginx.terminate()


@pytest.fixture
async def client(front: Front) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.AsyncHTTPTransport(verify=front.trust, local_address=CLIENT)
    async with httpx.AsyncClient(transport=transport, base_url=f"{front.url}{API}") as client:
        yield client


@pytest.fixture
async def signed_in(client: httpx.AsyncClient) -> httpx.AsyncClient:
    email = f"{uuid4().hex}@example.com"
    made = await client.post("/users", json={"email": email, "password": PASSWORD})
    assert made.status_code == 201, made.text
    form = {"username": email, "password": PASSWORD}
    # Whoever tells lies of where they are is not believed.
    told = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66"}
    tokens = (await client.post("/auth/login", data=form, headers=told)).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return client


def _moved(
    text: str, upstream: int, port: int, plain_port: int, certificate: Path, key: Path
) -> str:
    """To ports that are free here, and to one address; all else as it is deployed."""
    changes = {
        r"server api:8000;": f"server 127.0.0.1:{upstream};",
        r"listen 80;": f"listen 127.0.0.1:{plain_port};",
        r"listen 443 ": f"listen 127.0.0.1:{port} ",
        r"listen \[::\].*;": "",
        r"/etc/nginx/certificates/tls\.crt": str(certificate),
        r"/etc/nginx/certificates/tls\.key": str(key),
    }
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, f"nothing there like {pattern}"
    return text


def _certificate(place: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = place / "tls.crt", place / "tls.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def _answers(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def gunicorn(port: int, database_url: str, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "WORKERS": "2",
        "BCRYPT_COST": "4",
        "SECRET_KEY": "a secret of the tests, and of nobody else",
        "PYTHONPATH": str(PROJECT),
        "DATA_DIR": str(tmp_path / "data"),
    }
    configuration = PROJECT / "deploy" / "gunicorn.conf.py"
    with subprocess.Popen(
        [Path(sys.executable).with_name("gunicorn"), "--config", configuration],
        cwd=tmp_path,
        env={**os.environ, **settings},
    ) as process:
        eventually(lambda: _is_up(port) or None, "gunicorn")
        yield process
        process.kill()


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.TransportError:
        return False
