"""What holds for every route there is."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from domain.access import Permission
from entrypoints.http.app import create_app
from entrypoints.http.events import EventStream
from entrypoints.settings.schema import Settings

ACCESS_RULES = {"public", "signed-in", "in-person", "permission", "own-or-permission"}
SECRET = re.compile(r"password|secret|hash|token_hash|private")
# What a client is given to keep is no leak; everything else of that name would be.
GIVEN_TO_ITS_OWNER = {
    ("TokensShape", "access_token"),
    ("TokensShape", "refresh_token"),
    ("TotpSetupShape", "secret"),
}


@pytest.fixture(scope="module")
def routes(settings: Settings) -> list[APIRoute]:
    app: FastAPI = create_app(settings, "postgresql://nowhere")
    return [route for route in app.routes if isinstance(route, APIRoute)]


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for argument in getattr(annotation, "__args__", ()):
        yield from models_in(argument)


def test_every_route_says_who_may_call_it(routes: list[APIRoute]) -> None:
    for route in routes:
        extra = route.openapi_extra or {}
        assert extra.get("x-access") in ACCESS_RULES, route.path
        if "permission" in str(extra["x-access"]):
            assert Permission(extra["x-permission"]), route.path


def test_whatever_creates_can_be_repeated_under_a_key(routes: list[APIRoute]) -> None:
    creating = {route.name for route in routes if route.status_code == HTTPStatus.CREATED}
    repeatable = {route.name for route in routes if "x-repeatable" in (route.openapi_extra or {})}

    # Which makes what was made before count for nothing, and counts for nothing itself.
    assert creating - repeatable == {"set_up_totp"}
    assert len(repeatable) > 2


def test_every_route_has_an_answer_of_its_own_shape_or_none(routes: list[APIRoute]) -> None:
    for route in routes:
        has_model = isinstance(route.response_model, type) and issubclass(
            route.response_model, BaseModel
        )
        is_told = "200" in (route.openapi_extra or {}).get("responses", {})
        is_page_or_stream = route.response_class in (HTMLResponse, EventStream)
        has_none = route.status_code in {202, 204}
        assert has_model or is_told or is_page_or_stream or has_none, route.path


def test_no_answer_has_room_for_a_secret(routes: list[APIRoute]) -> None:
    shown = {
        (model.__name__, name)
        for route in routes
        for model in models_in(route.response_model)
        for name in model.model_fields
    }

    assert len(shown) > 20
    assert not {pair for pair in shown if SECRET.search(pair[1])} - GIVEN_TO_ITS_OWNER


def test_operation_ids_are_unique_and_readable(routes: list[APIRoute]) -> None:
    names = [route.unique_id for route in routes]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) for name in names)


def test_every_route_is_summed_up_and_described(routes: list[APIRoute]) -> None:
    for route in routes:
        assert route.summary, route.path
        assert route.description, route.path
