"""`tessera`: all of its commands, and what their failures come to."""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import FrameType

import typer
from typer.core import TyperCommand, TyperGroup

from domain.service_name import NAME

FEATURES = {
    "serve": ("entrypoints.cli.serve", "Run the service."),
    "worker": ("entrypoints.cli.worker", "Run jobs, in place of the servers."),
    "scheduler": ("entrypoints.cli.scheduler", "Hand jobs to the workers, in place of servers."),
    "health": ("entrypoints.cli.health", "Ask a running server how it is."),
    "users": ("entrypoints.cli.users", "Accounts: create, show, change, import, export."),
    "roles": ("entrypoints.cli.access", "Roles, and what they permit."),
    "sessions": ("entrypoints.cli.auth", "Who is signed in, and from where."),
    "api-keys": ("entrypoints.cli.api_keys", "API keys of accounts: list, revoke."),
    "authz": ("entrypoints.cli.authz", "Who may do what, and why."),
    "jobs": ("entrypoints.cli.jobs", "What is done in the background: list, retry, discard."),
    "mail": ("entrypoints.cli.mail", "Mails that were kept in place of being sent."),
    "items": ("entrypoints.cli.items", "Items: list, import, export."),
    "audit": ("entrypoints.cli.audit", "Who did what to whom: list, seal, verify."),
    "db": ("entrypoints.cli.database", "The database's migrations."),
    "keys": ("entrypoints.cli.keys", "Keys and secrets: make new ones, rotate."),
    "config": ("entrypoints.cli.config", "The settings: show them, check them."),
    "openapi": ("entrypoints.cli.openapi", "Print the OpenAPI document."),
    "new": ("entrypoints.cli.new", "Write what a product adds: a feature, a project."),
    "remove": ("entrypoints.cli.remove", "Take out what `new` wrote: a feature."),
}
"""Each with the module whose `app` it is, and what is said of it before that is imported."""

INTERRUPTED = 130


class Features(TyperGroup):
    """Importing all of them would take over a second, so each is imported once it is named; help
    and completion make do with the stand-ins."""

    def resolve_command(  # type: ignore[override]  # typer has no public name for its context
        self, ctx: typer.Context, args: list[str]
    ) -> tuple[str | None, TyperCommand | TyperGroup | None, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else command_named(name), rest


def command_named(name: str) -> TyperCommand | TyperGroup:
    command = typer.main.get_command(import_module(FEATURES[name][0]).app)
    if not isinstance(command, TyperCommand | TyperGroup):
        raise TypeError(f"{name} is no command")
    return command


app = typer.Typer(cls=Features)


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """The backend every product needs, finished: the service, and all that an operator does."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def _stand_in() -> None:
    """Never called."""


for _name, (_, _help) in FEATURES.items():
    app.command(_name, help=_help)(_stand_in)


def main() -> None:
    """What the installed script calls."""
    # A command imports a great deal, and looking through it for garbage again and again takes
    # a tenth of its time.
    gc.set_threshold(50_000, 20, 20)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _leave)
    sys.exit(run(sys.argv[1:]))


def _leave(number: int, _frame: FrameType | None) -> None:
    """By way of every `finally`, so that no database of ours is left running."""
    sys.exit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Answer the exit status: 0, 1 where something is refused, 2 where it was asked wrongly."""
    try:
        status = typer.main.get_command(app).main(
            list(arguments), prog_name=NAME, standalone_mode=False
        )
        sys.stdout.flush()
    except typer.TyperException as error:
        # Those of the parser know at which command they were raised.
        context = getattr(error, "ctx", None)
        message = error.format_message()
        if context is not None:
            # Where it names the choices there are, it gives each a line.
            message = f"{' '.join(message.split())} (see {context.command_path} --help)"
        return _complain(message, error.exit_code)
    except typer.Abort:
        return _complain("given up")
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever was reading has had enough, and Python would complain of it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - nobody but a developer can read a traceback
        if os.environ.get("LOG_LEVEL", "").lower() == "debug":
            traceback.print_exc()
        first = str(error).partition("\n")[0]
        return _complain(f"unexpected {type(error).__name__}: {first} (LOG_LEVEL=debug says more)")
    return status if isinstance(status, int) else 0


def _complain(message: str, status: int = 1) -> int:
    for line in message.splitlines():
        print(f"error: {line}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
