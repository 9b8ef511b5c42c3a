"""`tessera api-keys`."""

import pytest

from application.access.create_api_key import CreateApiKey, CreateApiKeyHandler
from application.access.views import IssuedApiKey
from application.auth.authenticate import AuthenticateHandler
from application.auth.login import Login, LoginHandler
from domain.access import ANONYMOUS, Permission
from domain.passwords import Password
from entrypoints.bootstrap.services import Services
from entrypoints.cli.session import with_services
from entrypoints.http.auth.api_keys import ApiKeyShape
from tests.cli.commands import PASSWORD, Cli


def a_key_of(name: str) -> IssuedApiKey:
    async def work(services: Services) -> IssuedApiKey:
        login = Login(name=name, password=Password(PASSWORD))
        tokens = await services[LoginHandler](login, ANONYMOUS)
        actor = await services[AuthenticateHandler](tokens.access_token)
        command = CreateApiKey(name="Nightly import", permissions=[Permission.ROLES_READ])
        return await services[CreateApiKeyHandler](command, actor)

    return with_services(work)


@pytest.fixture
def ada(cli: Cli) -> Cli:
    cli.create_user("ada@example.com", "--role", "admin")
    return cli


def test_lists_the_keys_of_an_account(ada: Cli) -> None:
    keys = [a_key_of("ada"), a_key_of("ada")]
    listed = ada("api-keys", "list", "ada@example.com", "--json")
    assert [key["id"] for key in listed.items] == [str(key.id) for key in reversed(keys)]
    for key in listed.items:
        assert ApiKeyShape.model_validate(key).model_dump(mode="json") == key
    told = ada("api-keys", "list", "ada")
    assert keys[0].prefix in told.out
    assert keys[0].key not in told.out
    assert told.err == "2 of 2\n"


def test_revokes_a_key_by_its_prefix_or_its_id(ada: Cli) -> None:
    first, second = a_key_of("ada"), a_key_of("ada")
    assert ada("api-keys", "revoke", "ada", first.prefix).is_refused(
        "no terminal to ask for a yes: use --yes"
    )
    revoked = ada("api-keys", "revoke", "ada", first.prefix, "--yes")
    assert revoked.out == f"revoked {first.prefix}\n"
    by_id = ada("api-keys", "revoke", "ada", second.id, "--yes", "--json")
    assert by_id.document["prefix"] == second.prefix
    assert ada("api-keys", "list", "ada", "--json").items == []


def test_refuses_the_unknown_and_what_is_anothers(ada: Cli) -> None:
    ada.create_user("bob@example.com", "--role", "admin")
    key = a_key_of("bob")
    assert ada("api-keys", "revoke", "ada", key.prefix, "--yes").is_refused(
        f"This account has no API key '{key.prefix}'."
    )
    assert ada("api-keys", "list", "eve").is_refused("There is no user 'eve'.")
    assert len(ada("api-keys", "list", "bob", "--json").items) == 1
