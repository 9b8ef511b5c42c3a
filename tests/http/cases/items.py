"""Items."""

from application.items.follow_items import FollowItemsHandler
from tests.http.cases.feature import Feature
from tests.http.client import Answer
from tests.http.provoking import Case, following_too_often, unknown
from tests.http.scene import Good, Scene


async def furnish(scene: Scene) -> None:
    item = await scene.owner.post("/items", json={"title": "Lamp"})
    scene.known["item_id"] = item.text("id")


def _item(scene: Scene) -> str:
    return f"/items/{scene.known['item_id']}"


async def import_rejected(case: Case) -> Answer:
    return await case.send_body(b"title\n'\n''\n" + b"x" * 256, {"Content-Type": "text/csv"})


async def malformed_filter(case: Case) -> Answer:
    return await case.send_to("", attributes="{")


async def of_the_deleted(case: Case) -> Answer:
    return await case.scene.owner.get(case.good.path, params={"deleted": "true"})


ITEMS = Feature(
    requests={
        "list_items": lambda _: Good("/items"),
        "follow_items": lambda _: Good("/items/events?follow=false"),
        "create_item": lambda _: Good("/items", json={"title": "Lamp"}),
        "create_items": lambda _: Good("/items/batch", json={"items": [{"title": "Lamp"}]}),
        "export_items": lambda _: Good("/items/export"),
        "import_items": lambda _: Good(
            "/items/import", content=b"title\nLamp\n", content_type="text/csv"
        ),
        "get_item": lambda scene: Good(f"/items/{scene.known['item_id']}"),
        "update_item": lambda scene: Good(
            f"/items/{scene.known['item_id']}", json={"title": "Lantern"}
        ),
        "delete_item": lambda scene: Good(f"/items/{scene.known['item_id']}"),
        "restore_item": lambda scene: Good(f"/items/{scene.known['item_id']}/restore"),
    },
    outcomes="""
              anonymous  stranger  owner  holder  superuser  key  superkey
list_items    401        200       200    200     200        200  200
follow_items  401        200       200    200     200        200  200
create_item   401        403       201    201     201        201  201
create_items  401        403       201    201     201        201  201
export_items  401        200       200    200     200        200  200
import_items  401        403       201    201     201        201  201
get_item      401        404       200    200     200        200  200
update_item   401        404       200    200     200        200  200
delete_item   401        404       204    204     204        204  204
restore_item  401        404       200    200     200        200  200
""",
    statements="""
list_items    SELECT
follow_items  SELECT
create_item   BEGIN WITH COMMIT
create_items  BEGIN WITH COMMIT
export_items  BEGIN SELECT ROLLBACK
import_items  BEGIN WITH COMMIT
get_item      SELECT
update_item   BEGIN SELECT WITH COMMIT
delete_item   BEGIN SELECT WITH COMMIT
restore_item  BEGIN SELECT ROLLBACK
""",
    about_lists={"create_items", "import_items"},
    problems={
        "import_rejected": import_rejected,
        "item_not_found": unknown,
        ("export_items", "malformed_json"): malformed_filter,
        ("list_items", "malformed_json"): malformed_filter,
        ("export_items", "permission_denied"): of_the_deleted,
        ("list_items", "permission_denied"): of_the_deleted,
        "too_many_connections": following_too_often(FollowItemsHandler),
    },
    furnish=furnish,
)
