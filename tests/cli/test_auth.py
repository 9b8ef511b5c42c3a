"""`tessera sessions`."""

import pytest

from application.auth.login import Login, LoginHandler
from domain.access import ANONYMOUS, Origin
from domain.passwords import Password
from entrypoints.cli.session import with_services
from entrypoints.http.auth.sign_in import SessionShape
from tests.cli.commands import PASSWORD, Cli


def sign_in(name: str) -> None:
    origin = Origin(address="192.0.2.7", user_agent="curl/8")
    stranger = ANONYMOUS.calling_from(lambda: origin)
    login = Login(name=name, password=Password(PASSWORD))
    with_services(lambda services: services[LoginHandler](login, stranger))


@pytest.fixture
def signed_in(cli: Cli) -> Cli:
    """Ada, twice, and Bob."""
    for name in ("ada", "bob"):
        cli.create_user(f"{name}@example.com")
    for name in ("ada", "ada", "bob"):
        sign_in(name)
    return cli


def test_lists_the_sessions_of_an_account(signed_in: Cli) -> None:
    listed = signed_in("sessions", "list", "ada@example.com", "--json")
    assert [session["ip"] for session in listed.items] == ["192.0.2.7", "192.0.2.7"]
    assert listed.document["total"] == 2
    for session in listed.items:
        assert SessionShape.model_validate(session).model_dump(mode="json") == session
    told = signed_in("sessions", "list", "bob")
    assert "curl/8" in told.out
    assert told.err == "1 of 1\n"


def test_revokes_one_session(signed_in: Cli) -> None:
    first, second = signed_in("sessions", "list", "ada", "--json").items
    assert signed_in("sessions", "revoke", first["id"]).out == "revoked 1\n"
    assert signed_in("sessions", "list", "ada", "--json").items == [second]


def test_revokes_all_sessions_of_an_account(signed_in: Cli) -> None:
    revoked = signed_in("sessions", "revoke", "--all", "ada", "--json")
    assert revoked.document == {"revoked": 2}
    assert signed_in("sessions", "list", "ada", "--json").items == []
    assert len(signed_in("sessions", "list", "bob", "--json").items) == 1


def test_refuses_an_unknown_session_or_account(cli: Cli) -> None:
    unknown = "01890000-0000-7000-8000-000000000000"
    assert cli("sessions", "revoke", unknown).is_refused("No such session.")
    assert cli("sessions", "revoke", "--all", "ada").is_refused("There is no user 'ada'.")
    assert cli("sessions", "list", "ada").is_refused("There is no user 'ada'.")


@pytest.mark.parametrize(
    "words", [(), ("01890000-0000-7000-8000-000000000000", "--all", "ada")], ids=["none", "both"]
)
def test_wants_either_a_session_or_an_account(cli: Cli, words: tuple[str, ...]) -> None:
    outcome = cli("sessions", "revoke", *words)
    assert outcome.is_refused("name a session, or an account with --all", status=2)


def test_wants_an_id_of_a_session(cli: Cli) -> None:
    assert cli("sessions", "revoke", "first").status == 2
