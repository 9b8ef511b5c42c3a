"""`tessera keys`."""

from typing import Annotated, Literal

import typer

from adapters.security.access_tokens import TokenKey
from adapters.security.generation import generate_key
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import show_json

app = typer.Typer(help="Keys and secrets: make new ones.", add_completion=False)


@app.callback()
def keys() -> None:
    """Keys and secrets: make new ones."""


@app.command("generate")
def generate(
    algorithm: Annotated[
        Literal["ES256", "RS256", "HS256"],
        typer.Option(help="ES256 and RS256 make a PEM, HS256 a SECRET_KEY."),
    ] = "ES256",
    as_json: AsJson = False,
) -> None:
    """Print a new key, for JWT_PRIVATE_KEYS or SECRET_KEY. Nothing is stored."""
    key = generate_key(algorithm)
    if as_json:
        kid = (
            TokenKey.hs256(key.encode()).kid if algorithm == "HS256" else TokenKey.from_pem(key).kid
        )
        show_json({"algorithm": algorithm, "kid": kid, "key": key})
    else:
        print(key.rstrip())
