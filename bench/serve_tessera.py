"""`tessera serve`, until the command line is there."""

import typer

from entrypoints.cli.serve import serve

typer.run(serve)
