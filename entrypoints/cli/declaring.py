"""Commands that several features have, declared by what is particular to each."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

import typer

from application.paging import DEFAULT_LIMIT, Page, PageRequest
from domain.access import UserId
from entrypoints.bootstrap.services import Services
from entrypoints.cli.options import AsJson, Cursor, Limit, Skip, Sort, UserName
from entrypoints.cli.output import show_page
from entrypoints.cli.session import user_named, with_services
from entrypoints.exports import View

Own = ParamSpec("Own")
"""The options that one resource has beside those of every such command."""
Chosen = TypeVar("Chosen")
Choose: TypeAlias = Callable[Concatenate[Services, Own], Awaitable[Chosen]]
FindPage: TypeAlias = Callable[[Services, Chosen, PageRequest], Awaitable[Page[View]]]


async def everything(_: Services) -> None:
    """The choice where there is none."""


async def one_account(services: Services, user: UserName) -> UserId:
    return (await user_named(services, user)).id


def list_command(
    app: typer.Typer, columns: Sequence[str], choose: Choose[Own, Chosen]
) -> Callable[[FindPage[Chosen, View]], FindPage[Chosen, View]]:
    """Let `app list` show the page that what is decorated finds, with the options of `choose`."""

    def declare(find: FindPage[Chosen, View]) -> FindPage[Chosen, View]:
        def command(
            limit: Limit = DEFAULT_LIMIT,
            skip: Skip = 0,
            cursor: Cursor = None,
            sort: Sort = None,
            as_json: AsJson = False,
            *rest: Own.args,
            **own: Own.kwargs,
        ) -> None:
            page = PageRequest(limit=limit, skip=skip, cursor=cursor, sort=sort)

            async def find_page(services: Services) -> Page[View]:
                return await find(services, await choose(services, *rest, **own), page)

            show_page(with_services(find_page), columns, as_json=as_json)

        add_command(app, "list", command, of=find, options_of=choose, given=1)
        return find

    return declare


def add_command(
    app: typer.Typer,
    name: str,
    command: Callable[..., None],
    *,
    of: Callable[..., object],
    options_of: Callable[..., object],
    given: int,
) -> None:
    """Described as `of` is, and with the parameters of `options_of` past those `given` to it,
    before the command's own."""
    particular = list(inspect.signature(options_of).parameters.values())[given:]
    common = [
        each
        for each in inspect.signature(command).parameters.values()
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # as inspect documents it
        [each.replace(kind=each.KEYWORD_ONLY) for each in (*particular, *common)]
    )
    app.command(name, help=inspect.getdoc(of))(command)
