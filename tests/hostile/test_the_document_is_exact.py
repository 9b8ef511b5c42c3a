"""Everything that Schemathesis can think of, against a server on a database of its own.

Another `HOSTILE_SEED` tries other things, and more `HOSTILE_SECONDS` for each caller tries more."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.system.service import API, PASSWORD, Installation, Server, an_installation, sign_up

_HERE = Path(__file__).parent
_SECONDS = int(os.environ.get("HOSTILE_SECONDS", "75"))
_SEED = os.environ.get("HOSTILE_SEED", "4711")
# One that stands still is stopped.
_PATIENCE = _SECONDS + 60
_LIMITS = ("LOGIN_ACCOUNT", "LOGIN_ADDRESS", "LOGIN_GLOBAL", "MAIL", "SIGNUP", "GENERAL")


@pytest.fixture
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made


@pytest.fixture
def server(installation: Installation) -> Server:
    """With a superuser and two plain users, none of whom is limited."""
    settings = {f"RATE_LIMIT_{limit}": "off" for limit in _LIMITS}
    settings |= {"FIRST_SUPERUSER_EMAIL": _email("root"), "FIRST_SUPERUSER_PASSWORD": PASSWORD}
    server = installation.serve(**settings).wait_until_ready()
    for name in ("ann", "bob"):
        sign_up(server, _email(name))
    return server


@pytest.mark.parametrize("caller", ["ann", "root"])
def test_nothing_is_answered_that_the_document_does_not_say(
    installation: Installation, server: Server, caller: str
) -> None:
    for name in ("schemathesis.toml", "reasons.py"):
        shutil.copy(_HERE / name, installation.directory)
    people = {"auth": [_person(name) for name in ("root", "ann", "bob")]}
    (installation.directory / "people.json").write_text(json.dumps(people), encoding="utf-8")
    print(f"\nHOSTILE_SEED={_SEED} as {caller}", flush=True)
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{server.url}{API}/openapi.json",
            f"--auth-wfc-user={caller}",
            f"--seed={_SEED}",
            f"--max-time={_SECONDS}",
            "--checks=all",
            # Knows statuses only; `reasons.py` looks at the code.
            "--exclude-checks=positive_data_acceptance",
            "--no-color",
        ],
        cwd=installation.directory,
        env=os.environ | {"PYTHONPATH": str(installation.directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    print(run.stdout[-4000:] if run.returncode == 0 else run.stdout)
    assert run.returncode == 0
    assert "Traceback" not in server.complaint


def _email(name: str) -> str:
    return f"{name}@example.com"


def _person(name: str) -> Mapping[str, object]:
    """In the words of Web Fuzzing Commons."""
    return {
        "name": name,
        "loginEndpointAuth": {
            "endpoint": f"{API}/auth/login",
            "verb": "POST",
            "contentType": "application/x-www-form-urlencoded",
            "payloadUserPwd": {
                "username": _email(name),
                "usernameField": "username",
                "password": PASSWORD,
                "passwordField": "password",
            },
            "token": {
                "extractFrom": "body",
                "extractSelector": "/access_token",
                "sendIn": "header",
                "sendName": "Authorization",
                "sendTemplate": "Bearer {token}",
            },
        },
    }
