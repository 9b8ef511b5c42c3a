"""`tessera keys`."""

from typing import Annotated, Literal

import typer

from adapters.security.access_tokens import TokenKey
from adapters.security.encryption import DataKey
from adapters.security.generation import generate_key
from application.auth.rotate_data_key import RotateDataKey, RotateDataKeyHandler, RotatedData
from domain.access import SYSTEM
from entrypoints.bootstrap.services import Services
from entrypoints.cli.failures import Misused, Refused
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import show_json
from entrypoints.cli.session import with_services
from entrypoints.cli.transfers import ROWS, shown_progress
from entrypoints.exports import plain

app = typer.Typer(help="Keys and secrets: make new ones, rotate.", add_completion=False)


@app.callback()
def keys() -> None:
    """Keys and secrets: make new ones, rotate."""


@app.command("generate")
def generate(
    algorithm: Annotated[
        Literal["ES256", "RS256", "HS256"] | None,
        typer.Option(help="ES256 and RS256 make a PEM, HS256 a SECRET_KEY.", show_default="ES256"),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Make one for DATA_ENCRYPTION_KEYS instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a new key, for JWT_PRIVATE_KEYS, SECRET_KEY or DATA_ENCRYPTION_KEYS. Nothing is
    stored."""
    if data and algorithm is not None:
        raise Misused("--data and --algorithm are for different keys")
    chosen = algorithm or ("HS256" if data else "ES256")
    key = generate_key(chosen)
    if not as_json:
        print(key.rstrip())
    elif data:
        show_json({"algorithm": "A256GCM", "key_id": DataKey.of(key.encode()).key_id, "key": key})
    else:
        kid = TokenKey.hs256(key.encode()).kid if chosen == "HS256" else TokenKey.from_pem(key).kid
        show_json({"algorithm": chosen, "kid": kid, "key": key})


@app.command("rotate-data")
def rotate_data(as_json: AsJson = False) -> None:
    """Encrypt with the first of DATA_ENCRYPTION_KEYS what others encrypted, while the service
    goes on. What is done already is passed over."""
    with shown_progress(None, *ROWS, is_wanted=not as_json) as progress:
        task = progress.task_ids[0]

        async def work(services: Services) -> RotatedData:
            command = RotateDataKey(report=lambda rows: progress.advance(task, rows))
            return await services[RotateDataKeyHandler](command, SYSTEM)

        result = with_services(work)
    if as_json:
        show_json(plain(result))
    if result.unreadable:
        raise Refused(
            f"{result.unreadable} secrets were encrypted with keys that are not set; "
            f"encrypted anew: {result.rotated}"
        )
    if not as_json:
        print(f"encrypted anew {result.rotated}")
