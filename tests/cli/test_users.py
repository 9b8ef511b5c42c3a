"""`tessera users`."""

from collections.abc import Mapping

import pytest

from application.auth.login import Login, LoginHandler
from domain.access import ANONYMOUS
from domain.passwords import Password
from domain.text import Json
from entrypoints.cli.session import with_services
from entrypoints.http.users.shapes import UserShape
from tests.cli.commands import PASSWORD, Cli


def sign_in(name: str, password: str = PASSWORD) -> None:
    """Raises where the password is not the one."""
    login = Login(name=name, password=Password(password))
    with_services(lambda services: services[LoginHandler](login, ANONYMOUS))


def test_creates_an_account(cli: Cli) -> None:
    made = cli.create_user("ada@example.com", "--username", "Countess", "--full-name", "Ada L.")
    assert (made["email"], made["username"], made["full_name"], made["roles"]) == (
        "ada@example.com",
        "countess",
        "Ada L.",
        ["member"],
    )
    sign_in("countess")


def test_creates_an_inactive_account_with_roles(cli: Cli) -> None:
    made = cli.create_user("ada@example.com", "--role", "admin", "--role", "member", "--inactive")
    assert (made["roles"], made["is_active"]) == (["admin", "member"], False)


def test_creates_a_superuser(cli: Cli) -> None:
    words = ("users", "create-superuser", "root@example.com", "--username", "root", "--json")
    made = cli(*words, "--full-name", "Root", "--password-stdin", stdin=f"{PASSWORD}\r\n").document
    assert made["is_superuser"] is True
    assert made["email_verified"] is True
    sign_in("root")


def test_takes_an_address_for_verified(cli: Cli) -> None:
    made = cli.create_user("ada@example.com")
    assert made["email_verified"] is False
    verified = cli("users", "verify-email", "ada", "--json").document
    assert verified["email_verified"] is True
    assert cli("users", "show", "ada", "--json").document == verified


def test_mails_a_link_to_a_new_password(cli: Cli) -> None:
    made = cli.create_user("ada@example.com")
    assert cli("users", "send-reset", "ada", "--json").document == made
    jobs = cli("jobs", "list", "--json").items
    assert [job["kind"] for job in jobs] == ["mail.send", "mail.send"]


def test_an_inactive_account_is_mailed_no_link(cli: Cli) -> None:
    cli.create_user("ada@example.com", "--inactive")
    refused = cli("users", "send-reset", "ada")
    assert refused.status == 1
    assert "inactive" in refused.err


def test_shows_an_account_as_the_api_does(cli: Cli) -> None:
    made = cli.create_user("ada@example.com")
    for name in ("Ada@Example.com", "ada", str(made["id"])):
        assert cli("users", "show", name, "--json").document == made
    shape = UserShape.model_validate(made)
    assert shape.model_dump(mode="json") == made


def test_tells_people_of_an_account_in_a_table(cli: Cli) -> None:
    cli.create_user("ada@example.com", "--full-name", "[red]Ada :smile:")
    shown = cli("users", "show", "ada")
    lines = [line.split(maxsplit=1) for line in shown.out.splitlines()]
    assert ["full_name", "[red]Ada :smile:"] in lines
    assert ["is_active", "yes"] in lines
    assert ["last_login_at", "-"] in lines
    assert "\x1b" not in shown.out


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("activate",),
        ("deactivate",),
        ("set-password", "--password-stdin"),
        ("set-roles", "member"),
        ("send-reset",),
        ("verify-email",),
        ("delete", "--yes"),
        ("restore",),
    ],
)
def test_refuses_an_unknown_account(cli: Cli, words: tuple[str, ...]) -> None:
    command, *rest = words
    outcome = cli("users", command, "nobody", *rest, stdin=PASSWORD)
    assert outcome.is_refused("There is no user 'nobody'.")


def test_refuses_a_taken_email(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    outcome = cli("users", "create", "ADA@example.com", "--password-stdin", stdin=PASSWORD)
    assert outcome.is_refused("The email is taken.")


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        (b"short", "password: must have at least 8 characters"),
        (b"", "password: must have at least 8 characters"),
        (b"correct horse\0battery", "password: must not hold NUL or a lone surrogate"),
    ],
)
def test_refuses_a_bad_password(cli: Cli, password: bytes, refusal: str) -> None:
    outcome = cli("users", "create", "ada@example.com", "--password-stdin", stdin=password)
    assert outcome.is_refused(refusal)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        (b"\xff" * 12, "--password-stdin: not UTF-8"),
        (b"x" * 5000, "--password-stdin: more than 4096 bytes"),
    ],
)
def test_takes_no_password_that_is_none(cli: Cli, password: bytes, refusal: str) -> None:
    outcome = cli("users", "create", "ada@example.com", "--password-stdin", stdin=password)
    assert outcome.is_refused(refusal, status=2)


@pytest.mark.parametrize(
    "words", [("create", "ada@example.com"), ("create-superuser", "a@b.cd"), ("set-password", "a")]
)
def test_asks_for_no_password_where_there_is_no_terminal(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli("users", *words).is_refused(
        "no terminal to ask for the password: use --password-stdin", status=2
    )


def test_sets_a_password_and_ends_the_sessions(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    sign_in("ada")
    new = "staple battery horse correct"
    words = ("users", "set-password", "ada", "--password-stdin")
    assert cli(*words, stdin=new).out == "set the password of ada@example.com\n"
    assert cli("sessions", "list", "ada", "--json").items == []
    sign_in("ada", new)
    assert cli(*words, "--json", stdin=PASSWORD).document["username"] == "ada"


def test_deactivates_and_activates(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    assert cli("users", "deactivate", "ada", "--json").document["is_active"] is False
    assert cli("users", "activate", "ada", "--json").document["is_active"] is True


def test_keeps_the_last_superuser(cli: Cli) -> None:
    words = ("users", "create-superuser", "root@example.com", "--password-stdin")
    assert cli(*words, stdin=PASSWORD).status == 0
    refusal = "The last active superuser must stay."
    assert cli("users", "deactivate", "root").is_refused(refusal)
    assert cli("users", "delete", "root", "--yes").is_refused(refusal)


def test_sets_roles_in_place_of_those_there_were(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    roles = cli("users", "set-roles", "ada", "admin", "member", "--json").document["roles"]
    assert roles == ["admin", "member"]
    assert cli("users", "set-roles", "ada", "--none", "--json").document["roles"] == []
    assert cli("users", "set-roles", "ada", "nosuch").is_refused("No such role.")


@pytest.mark.parametrize("words", [(), ("member", "--none")])
def test_wants_roles_or_none(cli: Cli, words: tuple[str, ...]) -> None:
    outcome = cli("users", "set-roles", "ada", *words)
    assert outcome.is_refused("name the roles, or say --none", status=2)


def test_deletes_and_restores(cli: Cli) -> None:
    made = cli.create_user("ada@example.com")
    assert cli("users", "delete", "ada", "--yes").out == "deleted ada@example.com\n"
    assert cli("users", "show", "ada").status == 1
    assert cli("users", "restore", "ada@example.com", "--json").document["id"] == made["id"]
    assert cli("users", "restore", "ada").status == 0  # as it is by now
    assert cli("users", "delete", "ada", "--yes", "--json").document["id"] == made["id"]


def test_deletes_nothing_without_a_yes(cli: Cli) -> None:
    cli.create_user("ada@example.com")
    assert cli("users", "delete", "ada").is_refused("no terminal to ask for a yes: use --yes")
    assert cli("users", "show", "ada").status == 0


def emails(listed: list[Mapping[str, Json]]) -> list[str]:
    return [str(user["email"]).partition("@")[0] for user in listed]


def test_lists_what_is_asked_for(cli: Cli) -> None:
    cli.create_user("ada@example.com", "--role", "admin")
    cli.create_user("bob@example.com", "--inactive")
    cli.create_user("cleo@example.com")

    def listed(*options: str) -> list[str]:
        return emails([*cli("users", "list", "--json", *options).items])

    assert listed() == ["cleo", "bob", "ada"]
    assert listed("--sort", "email") == ["ada", "bob", "cleo"]
    assert listed("--sort", "-email", "--skip", "1") == ["bob", "ada"]
    assert listed("--q", "LEO") == ["cleo"]
    assert listed("--inactive") == ["bob"]
    assert listed("--active") == ["cleo", "ada"]
    assert listed("--role", "admin") == ["ada"]


def test_pages_by_cursor(cli: Cli) -> None:
    for name in ("ada", "bob", "cleo"):
        cli.create_user(f"{name}@example.com")
    first = cli("users", "list", "--json", "--limit", "2")
    assert (emails([*first.items]), first.document["total"]) == (["cleo", "bob"], 3)
    cursor = first.document["next_cursor"]
    rest = cli("users", "list", "--json", "--cursor", cursor)
    assert emails([*rest.items]) == ["ada"]
    assert (rest.document["total"], rest.document["next_cursor"]) == (None, None)
    told = cli("users", "list", "--limit", "2")
    assert len(told.out.splitlines()) == 4
    assert told.err.splitlines() == ["2 of 3", f"for what follows: --cursor {cursor}"]


def test_refuses_a_list_it_cannot_make(cli: Cli) -> None:
    assert cli("users", "list", "--sort", "password_hash").is_refused(
        "sort: must list some of created_at, email, updated_at, username, each once"
    )
    assert cli("users", "list", "--cursor", "nonsense").status == 1
    assert cli("users", "list", "--limit", "0").status == 2
    assert cli("users", "list", "--limit", "501").status == 2


def test_purges_what_is_due(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DELETION_GRACE_DAYS", "0")
    for name in ("ada", "bob", "cleo"):
        cli.create_user(f"{name}@example.com")
    for name in ("ada", "bob"):
        cli("users", "delete", name, "--yes")

    assert cli("users", "purge").is_refused("no terminal to ask for a yes: use --yes")
    assert cli("users", "purge", "--yes", "--json").document == {"purged": 2}
    assert cli("users", "purge", "--yes").out == "purged 0\n"
    assert emails([*cli("users", "list", "--json").items]) == ["cleo"]
    assert cli("users", "restore", "ada@example.com").status == 1
    cli.create_user("ada@example.com")
    assert cli("audit", "verify").status == 0
