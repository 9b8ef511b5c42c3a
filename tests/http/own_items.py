"""Items that tests make by the API."""

from domain.text import Json
from tests.http.callers import Caller
from tests.http.client import Answer


async def made(owner: Caller, **fields: Json) -> Answer:
    answer = await owner.post("/items", json={"title": "Lamp", **fields})
    assert answer.status == 201
    return answer


def path_of(item: Answer) -> str:
    return f"/items/{item['id']}"
