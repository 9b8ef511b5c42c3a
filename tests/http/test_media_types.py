"""A body is read in the type that its route documents, and in no other: no form of a foreign page
passes for one of our requests."""

import json
from urllib.parse import urlencode

import pytest

from tests.http.callers import as_superuser
from tests.http.client import Client
from tests.http.contract import Operation, as_object
from tests.http.every_route import GOOD_REQUESTS, a_scene, good_request

# Those that a page of another origin may send without being asked first, and near misses.
FOREIGN = [
    None,
    "",
    "text/plain",
    "text/plain; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json",
    "text/json",
    "application/problem+json",
    "application/json+x",
]


# Generated clients would send both, were they two bodies in the document.
TOLD_IN_WORDS = {"refresh": {"application/x-www-form-urlencoded"}}


def types_of(operation: Operation) -> set[str]:
    """Those in which it takes a body."""
    body = as_object(operation.definition.get("requestBody", {}))
    in_words = TOLD_IN_WORDS.get(str(operation.definition["operationId"]), set())
    return in_words | set(as_object(body.get("content", {})))


@pytest.mark.parametrize("media_type", FOREIGN)
async def test_no_route_reads_a_body_of_another_type(
    client: Client, media_type: str | None
) -> None:
    scene = await a_scene(client)
    superuser = await as_superuser(client)
    tried = 0
    for operation in scene.client.contract.operations:
        taken = types_of(operation)
        if not taken or (media_type or "").partition(";")[0] in taken:
            continue
        good = good_request(operation, scene)
        fields = good.json if good.form is None else good.form
        bodies = [json.dumps(fields)]
        if isinstance(fields, dict):
            bodies.append(urlencode(fields))
        for body in bodies:
            answer = await superuser.request(
                operation.method,
                good.path,
                content=body.encode(),
                headers={} if media_type is None else {"Content-Type": media_type},
            )
            assert answer.problem == (415, "unsupported_media_type"), operation.name
        tried += 1
    assert tried


async def test_what_changes_something_takes_json_alone(client: Client) -> None:
    """But for what OAuth 2 has as forms, which no foreign page knows the secrets for, and files,
    which want a header that no foreign page can send."""
    by_form = {
        str(operation.definition["operationId"])
        for operation in client.contract.operations
        if types_of(operation) - {"application/json"}
    }
    scene = await a_scene(client)
    files = {name for name, good in GOOD_REQUESTS.items() if good(scene).content is not None}
    of_oauth = {"login", "refresh", "get_tokens", "introspect_token", "revoke_token"}
    assert by_form == of_oauth | files
