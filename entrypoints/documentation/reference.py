"""The pages that the code writes: the API, the command line, and the problems."""

import typer
from typer.core import TyperCommand, TyperGroup

from entrypoints.cli.main import FEATURES, command_named
from entrypoints.documentation.api_reference import api_pages
from entrypoints.http.app import create_app
from entrypoints.http.problems import catalogue
from entrypoints.settings.schema import Settings

_COLUMNS = 90


def reference_pages() -> dict[str, str]:
    """The text of each page, by its path among the others of the reference."""
    document = create_app(Settings.model_construct(docs_enabled=False), "").openapi()
    pages = {f"api/{name}.md": text for name, text in api_pages(document).items()}
    return pages | {"command-line.md": _commands_page(), "problems.md": _problems_page()}


def _problems_page() -> str:
    sections = [
        f"## {each.code}\n\n**{each.title}.** Status {each.status}.\n\n{each.description}"
        for each in sorted(catalogue().values(), key=lambda each: each.code)
    ]
    introduction = "Every failure is one of these (RFC 9457), by its `code`, which never changes."
    return "\n\n".join(("# Problems", introduction, *sections)) + "\n"


def _commands_page() -> str:
    sections = [_command_section(name, command_named(name)) for name in FEATURES]
    return "\n\n".join(("# Command line", "As `--help` tells it.", *sections)) + "\n"


def _command_section(name: str, command: TyperCommand | TyperGroup) -> str:
    texts = [_help(command, f"tessera {name}")]
    if isinstance(command, TyperGroup):
        texts += [
            _help(each, f"tessera {name} {subcommand}")
            for subcommand, each in command.commands.items()
            if isinstance(each, TyperCommand | TyperGroup)
        ]
    return "\n\n".join((f"## {name}", *(f"```text\n{text.strip()}\n```" for text in texts)))


def _help(command: TyperCommand | TyperGroup, path: str) -> str:
    # In plain text, and not in the boxes of a terminal.
    command.rich_markup_mode = None
    return command.get_help(typer.Context(command, info_name=path, terminal_width=_COLUMNS))
