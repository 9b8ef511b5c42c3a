"""What somebody writes who has the generated client, and nothing else of the service."""

import sys
from typing import TypeVar

from generated_client import AuthenticatedClient, Client
from generated_client.api.auth import login, refresh
from generated_client.api.items import create_item, delete_item, get_item, list_items, update_item
from generated_client.api.users import register_user
from generated_client.models import (
    Item,
    ItemChanges,
    ItemPage,
    ItemStatus,
    NewItem,
    NewItemAttributes,
    NewUser,
    PasswordGrant,
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


def sign_in(url: str) -> AuthenticatedClient:
    stranger = Client(base_url=url)
    account = NewUser(email=EMAIL, password=PASSWORD)
    user = register_user.sync(client=stranger, body=account)  # type: ignore[arg-type]  # strangers may, and that it can't say
    assert got(User, user).email == EMAIL
    grant = PasswordGrant(username=EMAIL, password=PASSWORD)
    first = got(Tokens, login.sync(client=stranger, body=grant))
    again = RefreshGrant(refresh_token=first.refresh_token)
    tokens = got(Tokens, refresh.sync(client=stranger, body=again))
    return AuthenticatedClient(base_url=url, token=tokens.access_token)


def work(client: AuthenticatedClient) -> None:
    attributes = NewItemAttributes()
    attributes["colour"] = "brass"
    lamp = NewItem(title="Desk lamp", status=ItemStatus.ACTIVE, attributes=attributes)
    made = create_item.sync_detailed(client=client, body=lamp, idempotency_key="lamp")
    item = got(Item, made.parsed)
    assert (item.title, item.status, item.attributes["colour"]) == (
        "Desk lamp",
        ItemStatus.ACTIVE,
        "brass",
    )
    assert got(Item, create_item.sync(client=client, body=lamp, idempotency_key="lamp")) == item

    page = got(ItemPage, list_items.sync(client=client, status=ItemStatus.ACTIVE, limit=10))
    assert (page.items, page.total, page.next_cursor) == ([item], 1, None)

    changes = ItemChanges(title="Lamp")
    etag = made.headers["ETag"]
    changed = got(Item, update_item.sync(item.id, client=client, body=changes, if_match=etag))
    assert (changed.title, changed.created_at) == ("Lamp", item.created_at)
    stale = update_item.sync(item.id, client=client, body=changes, if_match=etag)
    assert got(Problem, stale).code == "version_mismatch"

    assert delete_item.sync_detailed(item.id, client=client).status_code == 204
    assert got(Problem, get_item.sync(item.id, client=client)).code == "item_not_found"


def be_refused(client: AuthenticatedClient, url: str) -> None:
    problem = got(Problem, create_item.sync(client=client, body=NewItem(title="")))
    assert problem.code == "validation_error"
    assert isinstance(problem.errors, list)
    assert [fault.field for fault in problem.errors] == ["title"]
    stranger = AuthenticatedClient(base_url=url, token="nobody's")
    assert got(Problem, list_items.sync(client=stranger)).code == "not_authenticated"


if __name__ == "__main__":
    client = sign_in(sys.argv[1])
    work(client)
    be_refused(client, sys.argv[1])
    print("done")
