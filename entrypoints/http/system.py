"""What the service says of itself: that it runs, whether it is ready, what its problems mean."""

import asyncio
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import Path, Request, Response
from fastapi.responses import HTMLResponse

from entrypoints.http.problems import RouteNotFound, catalogue, problem_page
from entrypoints.http.routing import PUBLIC, declared, router_of
from entrypoints.http.schemas import Line, Shape
from entrypoints.http.wiring import background_of, inside_of
from entrypoints.version import VERSION

router = router_of("system")


class Greeting(Shape):
    name: Literal["Tessera"] = "Tessera"
    version: str = VERSION
    docs: str = "/docs"


class Health(Shape):
    status: Literal["ok"] = "ok"


class ReadinessStatus(StrEnum):
    OK = "ok"
    UNAVAILABLE = "unavailable"


class Readiness(Shape):
    status: ReadinessStatus
    checks: dict[str, str]


_HEALTHY = Health()


@router.get("/health/live", response_model=Health, summary="Is it alive?", **declared(PUBLIC))
@router.get(
    "/health", name="health", response_model=Health, summary="Does it run?", **declared(PUBLIC)
)
async def live() -> Health:
    """200 while the process serves; asks nothing of anyone."""
    return _HEALTHY


@router.get(
    "/health/ready",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "A check fails."}},
    summary="Can it work?",
    openapi_extra={"x-access": "public"},
)
async def ready(request: Request, response: Response) -> Readiness:
    """503 while the database is down or its migrations are missing; names each check. Replicas
    and Redis are named too, and not needed: what they can't answer the primary does. So is the
    broker: jobs wait for it in the database."""
    inside = inside_of(request)
    checks, others = await asyncio.gather(inside.checks(), background_of(request).checks())
    is_ready = all(outcome == "ok" for outcome in checks.values())
    if not is_ready:
        response.status_code = 503
        response.headers["Retry-After"] = "1"
    return Readiness(
        status=ReadinessStatus.OK if is_ready else ReadinessStatus.UNAVAILABLE,
        checks=checks | await inside.checks_of_spares() | others,
    )


@router.get("/", response_model=Greeting, summary="Greet", **declared(PUBLIC))
async def greet() -> Greeting:
    """Says what runs here, and where its documentation is."""
    return Greeting()


@router.get(
    "/problems/{code}",
    response_class=HTMLResponse,
    summary="Explain a problem",
    **declared(PUBLIC, RouteNotFound),
)
async def explain_problem(code: Annotated[Line, Path(max_length=64)]) -> HTMLResponse:
    """The page that a problem's `type` leads to."""
    problem = catalogue().get(code)
    if problem is None:
        raise RouteNotFound("There is no such problem.")
    return problem_page(problem)
