"""The same of items: filters, attributes of any kind, and what is deleted."""

import sys

from generated_client import AuthenticatedClient
from generated_client.api.items import create_item, delete_item, get_item, list_items, update_item
from generated_client.models import (
    Item,
    ItemChanges,
    ItemPage,
    ItemStatus,
    NewItem,
    NewItemAttributes,
    Problem,
)

from tests.clients.consumer import got, sign_in


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


if __name__ == "__main__":
    work(sign_in(sys.argv[1], "bob@example.com"))
    print("done")
