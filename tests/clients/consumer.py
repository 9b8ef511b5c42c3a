"""What somebody writes who has the generated client, and nothing else of the service."""

import sys
from typing import TypeVar

from generated_client import AuthenticatedClient, Client
from generated_client.api.auth import (
    create_api_key,
    list_api_keys,
    login,
    refresh,
    revoke_api_key,
)
from generated_client.api.users import get_me, register_user, update_me
from generated_client.models import (
    ApiKeyPage,
    IssuedApiKey,
    NewApiKey,
    NewUser,
    OwnChanges,
    PasswordGrant,
    Permission,
    Problem,
    RefreshGrant,
    Tokens,
    User,
)

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"

Wanted = TypeVar("Wanted")


def got(kind: type[Wanted], answer: object) -> Wanted:
    assert isinstance(answer, kind), answer
    return answer


def sign_in(url: str, email: str = EMAIL) -> AuthenticatedClient:
    stranger = Client(base_url=url)
    account = NewUser(email=email, password=PASSWORD)
    user = register_user.sync(client=stranger, body=account)  # type: ignore[arg-type]  # strangers may, and that it can't say
    assert got(User, user).email == email
    grant = PasswordGrant(username=email, password=PASSWORD)
    first = got(Tokens, login.sync(client=stranger, body=grant))
    again = RefreshGrant(refresh_token=first.refresh_token)
    tokens = got(Tokens, refresh.sync(client=stranger, body=again))
    return AuthenticatedClient(base_url=url, token=tokens.access_token)


def change_name(client: AuthenticatedClient) -> None:
    found = get_me.sync_detailed(client=client)
    user = got(User, found.parsed)
    changes, etag = OwnChanges(full_name="Ada"), found.headers["ETag"]
    changed = got(User, update_me.sync(client=client, body=changes, if_match=etag))
    assert (changed.full_name, changed.created_at) == ("Ada", user.created_at)
    stale = update_me.sync(client=client, body=changes, if_match=etag)
    assert got(Problem, stale).code == "version_mismatch"


def let_a_program_in(client: AuthenticatedClient, url: str) -> None:
    wanted = NewApiKey(name="Nightly import", permissions=[Permission.USERSREAD])
    made = got(IssuedApiKey, create_api_key.sync(client=client, body=wanted, idempotency_key="key"))
    again = create_api_key.sync(client=client, body=wanted, idempotency_key="key")
    assert got(IssuedApiKey, again) == made

    page = got(ApiKeyPage, list_api_keys.sync(client=client, sort="-name", limit=10))
    assert ([key.id for key in page.items], page.total, page.next_cursor) == ([made.id], 1, None)
    assert page.items[0].permissions == [Permission.USERSREAD]

    program = AuthenticatedClient(base_url=url, token=made.key)
    assert got(User, get_me.sync(client=program)).email == EMAIL
    assert revoke_api_key.sync_detailed(made.id, client=client).status_code == 204
    assert got(Problem, get_me.sync(client=program)).code == "not_authenticated"
    assert got(Problem, revoke_api_key.sync(made.id, client=client)).code == "api_key_not_found"


def be_refused(client: AuthenticatedClient, url: str) -> None:
    nameless = NewApiKey(name="", permissions=[Permission.USERSREAD])
    problem = got(Problem, create_api_key.sync(client=client, body=nameless))
    assert problem.code == "validation_error"
    assert isinstance(problem.errors, list)
    assert [fault.field for fault in problem.errors] == ["name"]
    stranger = AuthenticatedClient(base_url=url, token="nobody's")
    assert got(Problem, get_me.sync(client=stranger)).code == "not_authenticated"


if __name__ == "__main__":
    client = sign_in(sys.argv[1])
    change_name(client)
    let_a_program_in(client, sys.argv[1])
    be_refused(client, sys.argv[1])
    print("done")
