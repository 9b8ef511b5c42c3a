"""Which route a path leads to."""

import json

import pytest

from domain.users import UserNotFound
from entrypoints.http.app import Application
from entrypoints.http.edge import Edge
from entrypoints.http.routing import PUBLIC, declared, router_of
from entrypoints.http.schemas import Shape
from tests.http.test_edge import LIMITS, raw

router = router_of("things", prefix="/things")


class Found(Shape):
    route: str


@router.get("", response_model=Found, **declared(PUBLIC))
async def every() -> Found:
    return Found(route="every")


@router.get("/{name}", response_model=Found, **declared(PUBLIC))
async def one(name: str) -> Found:
    return Found(route=f"one: {name}")


@router.get("/mine", response_model=Found, **declared(PUBLIC))
async def mine() -> Found:
    return Found(route="mine")


@router.delete("/{name}", response_model=Found, **declared(PUBLIC))
async def delete(name: str) -> Found:
    raise UserNotFound


@router.get("/{name}/parts", response_model=Found, **declared(PUBLIC))
async def parts(name: str) -> Found:
    return Found(route=f"parts: {name}")


@pytest.fixture
def application() -> Application:
    application = Application(openapi_url=None, docs_url=None, redoc_url=None)
    application.router.redirect_slashes = False
    application.router.routes.extend(router.routes)
    application.add_middleware(Edge, settings=LIMITS)
    return application


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/things", "every"),
        ("/things/", "every"),
        ("/things/lamp", "one: lamp"),
        ("/things/mine", "mine"),
        ("/things/mine/parts", "parts: mine"),
    ],
)
async def test_a_path_leads_to_the_route_that_says_most_of_it(
    application: Application, path: str, route: str
) -> None:
    answer = await raw(application, path)
    assert (answer.status, json.loads(answer.body)) == (200, {"route": route})


@pytest.mark.parametrize("path", ["/", "/thing", "/things//", "/things/a/b"])
async def test_what_only_looks_like_a_route_is_none(application: Application, path: str) -> None:
    assert (await raw(application, path)).problem == (404, "not_found")


async def test_another_method_is_told_of_all_that_the_path_has(application: Application) -> None:
    answer = await raw(application, "/things/lamp", method="PUT")
    assert answer.problem == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_a_path_that_is_spelled_out_is_never_taken_for_a_pattern(
    application: Application,
) -> None:
    """As OpenAPI matches paths, so that no method of the pattern takes the word for an id."""
    answer = await raw(application, "/things/mine", method="DELETE")
    assert answer.problem == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
