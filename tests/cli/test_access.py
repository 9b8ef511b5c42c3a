"""`tessera roles`."""

import pytest

from entrypoints.http.access import RoleShape
from tests.cli.commands import Cli

BOTH = ("--permission", "roles:read", "--permission", "users:read")


def test_creates_a_role_and_shows_it_as_the_api_does(cli: Cli) -> None:
    words = ("roles", "create", "editor", "--description", "Edits", *BOTH, "--json")
    made = cli(*words).document
    assert made["permissions"] == ["roles:read", "users:read"]
    assert cli("roles", "show", "editor", "--json").document == made
    assert RoleShape.model_validate(made).model_dump(mode="json") == made


def test_shows_a_role_to_people(cli: Cli) -> None:
    shown = cli("roles", "show", "admin").out
    assert "roles:create" in shown


def test_lists_roles(cli: Cli) -> None:
    cli("roles", "create", "editor")
    assert [role["name"] for role in cli("roles", "list", "--json").items] == [
        "admin",
        "editor",
        "member",
    ]
    listed = cli("roles", "list", "--sort", "-name", "--limit", "1")
    assert "member" in listed.out
    assert "admin" not in listed.out
    assert listed.err.startswith("1 of 3\nfor what follows: --cursor ")


def test_changes_only_what_is_given(cli: Cli) -> None:
    cli("roles", "create", "editor", "--description", "Edits", *BOTH)
    described = cli("roles", "update", "editor", "--description", "", "--json").document
    assert (described["description"], described["permissions"]) == (
        "",
        ["roles:read", "users:read"],
    )
    one = cli("roles", "update", "editor", "--permission", "jobs:read", "--json").document
    assert one["permissions"] == ["jobs:read"]
    assert cli("roles", "update", "editor", "--none", "--json").document["permissions"] == []
    unchanged = cli("roles", "update", "editor", "--json").document
    assert (unchanged["description"], unchanged["permissions"]) == ("", [])


def test_deletes_a_role_that_nobody_holds(cli: Cli) -> None:
    cli("roles", "create", "editor")
    cli.create_user("ada@example.com", "--role", "editor")
    assert cli("roles", "delete", "editor").is_refused("no terminal to ask for a yes: use --yes")
    assert cli("roles", "delete", "editor", "--yes").is_refused("The role is in use.")
    cli("users", "set-roles", "ada", "member")
    assert cli("roles", "delete", "editor", "--yes").out == "deleted editor\n"
    cli("roles", "create", "editor")
    assert cli("roles", "delete", "editor", "--yes", "--json").document["name"] == "editor"


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("show", "nosuch"), "No such role."),
        (("update", "nosuch"), "No such role."),
        (("delete", "nosuch", "--yes"), "No such role."),
        (("create", "member"), "The role name is taken."),
        (("update", "member", "--none"), "The role member is built in and can't be changed."),
        (("delete", "admin", "--yes"), "The role admin is built in and can't be changed."),
    ],
)
def test_refuses(cli: Cli, words: tuple[str, ...], refusal: str) -> None:
    assert cli("roles", *words).is_refused(refusal)


def test_wants_permissions_of_the_catalogue(cli: Cli) -> None:
    outcome = cli("roles", "create", "editor", "--permission", "roles:eat")
    assert outcome.status == 2
    assert "--permission" in outcome.err


def test_wants_permissions_or_none(cli: Cli) -> None:
    assert cli("roles", "update", "editor", "--none", "--permission", "roles:read").is_refused(
        "--none and --permission exclude each other", status=2
    )
