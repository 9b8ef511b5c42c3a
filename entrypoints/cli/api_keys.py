"""`tessera api-keys`."""

from typing import Annotated

import typer

from application.access.find_api_key import FindApiKey, FindApiKeyHandler
from application.access.list_api_keys import ListApiKeys, ListApiKeysHandler
from application.access.revoke_api_key import RevokeApiKey, RevokeApiKeyHandler
from application.access.views import ApiKeyView
from application.paging import Page, PageRequest
from domain.access import SYSTEM, UserId
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import list_command, one_account
from entrypoints.cli.options import AsJson, UserName, Yes
from entrypoints.cli.output import show_done
from entrypoints.cli.prompts import confirm
from entrypoints.cli.session import user_named, with_services

app = typer.Typer(help="API keys of accounts: list, revoke.", add_completion=False)

_COLUMNS = ("prefix", "name", "permissions", "created_at", "expires_at", "last_used_at")


@list_command(app, _COLUMNS, one_account)
async def list_api_keys(
    services: Services, owner_id: UserId, page: PageRequest
) -> Page[ApiKeyView]:
    """List an account's API keys; sorts by created_at and name."""
    return await services[ListApiKeysHandler](ListApiKeys(owner_id=owner_id, page=page), SYSTEM)


@app.command("revoke")
def revoke_api_key(
    user: UserName,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Its prefix or its id.", show_default=False)
    ],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End an API key of an account; programs that use it are refused from then on."""
    confirm(f"Revoke the API key {key} of {user}?", yes=yes)

    async def work(services: Services) -> ApiKeyView:
        owner = await user_named(services, user)
        found = await services[FindApiKeyHandler](FindApiKey(owner_id=owner.id, name=key), SYSTEM)
        await services[RevokeApiKeyHandler](RevokeApiKey(key_id=found.id), SYSTEM)
        return found

    show_done("revoked", with_services(work), "prefix", as_json=as_json)
