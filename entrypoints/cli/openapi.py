"""`tessera openapi`."""

import json

import typer

from entrypoints.cli.options import Output
from entrypoints.cli.transfers import destination
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings

app = typer.Typer(add_completion=False)


@app.command("openapi")
def print_openapi(output: Output = None) -> None:
    """Print the OpenAPI document, which is the same whatever the settings; wants no database."""
    settings = Settings.model_construct(docs_enabled=False)
    document = create_app(settings, "").openapi()
    with destination(output) as file:
        file.write(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
