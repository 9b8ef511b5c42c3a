"""Files at items."""

from tests.http.attachments import FORM, MULTIPART, a_form, attach
from tests.http.cases.feature import Feature
from tests.http.cases.items import ITEMS
from tests.http.client import Answer
from tests.http.provoking import Case, unknown
from tests.http.scene import UNKNOWN, Good, Scene


async def furnish(scene: Scene) -> None:
    attachment = await attach(scene.owner, scene.known["item_id"])
    scene.known["attachment_id"] = attachment.text("id")


def _attachments(scene: Scene) -> str:
    return f"/items/{scene.known['item_id']}/attachments"


def _attachment(scene: Scene) -> str:
    return f"{_attachments(scene)}/{scene.known['attachment_id']}"


async def attachment_not_found(case: Case) -> Answer:
    item, _, _ = case.good.path.rpartition("/")
    return await (await case.allowed()).request(case.operation.method, f"{item}/{UNKNOWN}")


async def content_type_mismatch(case: Case) -> Answer:
    return await case.send_body(a_form(b"Lamp", content_type="image/png"), MULTIPART)


async def file_too_large(case: Case) -> Answer:
    return await case.under(upload_max_bytes=3).send_while(case.ports)


async def storage_quota_exceeded(case: Case) -> Answer:
    return await case.under(storage_quota_bytes=3).send_while(case.ports)


async def range_not_satisfiable(case: Case) -> Answer:
    return await case.send(headers={"Range": "bytes=1000-"})


ATTACHMENTS = Feature(
    requests={
        "attach_file": lambda scene: Good(
            _attachments(scene), content=a_form(b"Lamp"), content_type=FORM
        ),
        "list_attachments": lambda scene: Good(_attachments(scene)),
        "download_attachment": lambda scene: Good(_attachment(scene)),
        "delete_attachment": lambda scene: Good(_attachment(scene)),
    },
    outcomes="""
                     anonymous  stranger        owner  holder  superuser  key  superkey
attach_file          401        404             201    201     201        201  201
list_attachments     401        404             200    200     200        200  200
download_attachment  401        item_not_found  200    200     200        200  200
delete_attachment    401        item_not_found  204    204     204        204  204
""",
    statements="""
attach_file          SELECT SELECT BEGIN SELECT SELECT SELECT INSERT COMMIT
list_attachments     SELECT SELECT
download_attachment  SELECT
delete_attachment    BEGIN SELECT SELECT DELETE INSERT COMMIT
""",
    problems={
        "attachment_not_found": attachment_not_found,
        "content_type_mismatch": content_type_mismatch,
        "file_too_large": file_too_large,
        "item_not_found": unknown,
        "range_not_satisfiable": range_not_satisfiable,
        "storage_quota_exceeded": storage_quota_exceeded,
    },
    stands_on=(ITEMS,),
    furnish=furnish,
)
