"""`tessera authz`."""

from tests.cli.commands import Cli
from tests.cli.test_api_keys import a_key_of


def test_says_yes_and_why(cli: Cli) -> None:
    cli.create_user("ada@example.com", "--role", "admin")
    yes = cli("authz", "explain", "ada", "roles:read", "--json")
    assert yes.document == {
        "user": "ada@example.com",
        "permission": "roles:read",
        "api_key": None,
        "allowed": True,
        "granted_by": ["the role admin"],
        "refused_by": [],
        "remark": None,
    }
    told = cli("authz", "explain", "ada@example.com", "roles:read")
    assert told.status == 0
    assert "allowed     yes" in told.out
    assert "granted_by  the role admin" in told.out


def test_says_no_by_its_status_too(cli: Cli) -> None:
    cli("roles", "create", "reader", "--permission", "roles:read")
    cli.create_user("ada@example.com", "--role", "reader")
    no = cli("authz", "explain", "ada", "users:delete")
    assert (no.status, no.err) == (1, "")
    assert "allowed     no" in no.out
    cli("users", "deactivate", "ada")
    no = cli("authz", "explain", "ada", "roles:read", "--json")
    assert no.status == 1
    assert '"the account is inactive"' in no.out
    cli("users", "delete", "ada", "--yes")
    assert "the account is deleted" in cli("authz", "explain", "ada", "roles:read").out


def test_explains_a_key(cli: Cli) -> None:
    cli.create_user("ada@example.com", "--role", "admin")
    key = a_key_of("ada")
    yes = cli("authz", "explain", "ada", "roles:read", "--key", key.prefix, "--json")
    assert yes.document["api_key"] == key.prefix
    no = cli("authz", "explain", "ada", "users:read", "--key", key.prefix)
    assert no.status == 1
    assert "the API key is not scoped to it" in no.out


def test_refuses_the_unknown(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    assert cli("authz", "explain", "eve", "roles:read").is_refused("There is no user 'eve'.")
    assert cli("authz", "explain", "ada", "roles:read", "--key", "tsk_x").is_refused(
        "This account has no API key 'tsk_x'."
    )
    outcome = cli("authz", "explain", "ada", "roles:eat")
    assert outcome.status == 2
    assert "roles:eat" in outcome.err
