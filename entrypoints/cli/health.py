"""`tessera health`."""

import http.client
import json
from typing import Annotated

import typer

from domain.text import Json
from entrypoints.cli.failures import Refused, told_plainly
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import show_json, show_values
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings

# Where the service listens at every address, it also does at this one.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not listened at, but asked

app = typer.Typer(add_completion=False)


@app.command()
def health(
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether it is ready, not only whether it serves.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait.")] = 2.0,
    as_json: AsJson = False,
) -> None:
    """Ask the server at HOST and PORT how it is: status 0 where it is well. What containers are
    checked by."""
    with told_plainly():
        settings = load_settings()
    status, said = _asked(settings, "/health/ready" if ready else "/health/live", timeout)
    if as_json:
        show_json(said)
    elif isinstance(said, dict):
        show_values(said)
    if status != http.client.OK:
        raise Refused(f"the service answers {status}")


def _asked(settings: Settings, path: str, timeout: float) -> tuple[int, Json]:
    host = _LOOPBACK.get(settings.host, settings.host)
    # One that it knows itself by: others are refused.
    name = next(iter(settings.allowed_hosts), host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": name})
        answer = connection.getresponse()
        said: Json = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Refused(f"nothing at {host}:{settings.port}: {error}") from error
    finally:
        connection.close()
    return answer.status, said
