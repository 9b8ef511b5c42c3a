"""From a path to its route, and from a failure to its problem."""

from typing import TypeAlias

from fastapi import APIRouter, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.errors import FAILURES, as_problem, method_not_allowed
from entrypoints.http.problems import MethodNotAllowed, problem_response
from entrypoints.http.routing import API_V1_STR, Route

MethodAndPath: TypeAlias = tuple[str, str]

# Where OAuth 2 clients read failures as RFC 6749 §5.2 has them.
_GRANTS = {f"{API_V1_STR}/auth/{path}" for path in ("login", "login/mfa", "refresh", "token")}


class Dispatcher:
    """Most routes are found by one look-up, where FastAPI tries one after another. It is asked for
    the rest: a parameter in the middle of a path, the documentation, and what to say where nothing
    is found."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._fixed: dict[MethodAndPath, Route] = {}
        self._methods: dict[str, set[str]] = {}
        """Of the paths without parameters."""
        self._by_parent: dict[MethodAndPath, tuple[str, Route]] = {}
        """With the name of the parameter that the last segment is."""
        for route in router.routes:
            if isinstance(route, Route):
                self._add(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        try:
            await self._found(scope)(scope, receive, send)
        except FAILURES as failure:
            problem = as_problem(failure, self._router.routes, scope)
            if scope["method"] == "OPTIONS" and isinstance(problem, MethodNotAllowed):
                # Which is what was asked for (RFC 9110 §9.3.7).
                await Response(None, 204, problem.headers)(scope, receive, send)
                return
            of_a_grant = scope["path"] in _GRANTS
            response = problem_response(problem, scope["request_id"], of_a_grant=of_a_grant)
            await response(scope, receive, send)

    def _add(self, route: Route) -> None:
        parent, _, last = route.path.rpartition("/")
        for method in route.methods or ():
            if not route.param_convertors:
                self._fixed.setdefault((method, route.path), route)
                self._methods.setdefault(route.path, set()).add(method)
            elif list(route.param_convertors) == [last[1:-1]]:
                self._by_parent.setdefault((method, parent), (last[1:-1], route))

    def _found(self, scope: Scope) -> ASGIApp:
        method, path = scope["method"], scope["path"]
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            scope["route"] = fixed
            return fixed.app
        if path in self._methods:
            # Or its last segment would be taken for an id, where another route has one there.
            raise method_not_allowed(self._methods[path])
        parent, _, last = path.rpartition("/")
        found = self._by_parent.get((method, parent))
        if found is None or not last:
            return self._router
        name, route = found
        scope["route"] = route
        scope["path_params"] = {name: last}
        return route.app
