"""What the OpenAPI document promises, held against what the service answers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import attrs
import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from domain.text import Json

PROBLEM = "application/problem+json"
# What is answered where no route of the document is meant at all.
_OUTSIDE_OF_ROUTES = {"bad_host", "method_not_allowed", "not_found"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_SECRET = re.compile(r"password|secret|hash|token", re.IGNORECASE)
# RFC 6749 §5.1: what these routes are for.
_TOKENS = {"access_token", "refresh_token", "token_type"}
_GIVEN_TO_ITS_OWNER = {
    "/api/v1/auth/login": {*_TOKENS, "mfa_token"},
    "/api/v1/auth/token": {*_TOKENS, "mfa_token"},
    "/api/v1/auth/login/mfa": _TOKENS,
    "/api/v1/auth/refresh": _TOKENS,
    "/api/v1/auth/mfa/totp": {"secret"},
}
# What only speaks of tokens (RFC 7662 §2.2, RFC 8414 §2).
_NAMES_NO_SECRET = {
    "token_type",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
}
_HEADERS_OF_ALL = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
# An API's answer is no page: nothing in it is ever run, loaded or framed.
_POLICY_OF_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


class ContractBroken(AssertionError):
    """The service did what its document does not say."""


@attrs.frozen
class Operation:
    method: str
    template: str
    definition: Mapping[str, Json]

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def id(self) -> str:
        return str(self.definition["operationId"])

    @property
    def tag(self) -> str:
        return str(as_list(self.definition["tags"])[0])

    @property
    def access(self) -> str:
        return str(self.definition.get("x-access", ""))

    @property
    def responses(self) -> Mapping[str, Json]:
        return as_object(self.definition["responses"])

    def codes(self, status: str) -> frozenset[str]:
        """The problems that this status stands for."""
        content = as_object(as_object(self.responses[status]).get("content", {}))
        return frozenset(as_object(as_object(content.get(PROBLEM, {})).get("examples", {})))

    @property
    def problems(self) -> frozenset[tuple[int, str]]:
        """All that it may answer with, by status and code."""
        return frozenset(
            (int(status), code) for status in self.responses for code in self.codes(status)
        )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{\w+\}", self.template)
        return re.compile("[^/]+".join(map(re.escape, parts)) + "/?")


@attrs.frozen
class Contract:
    document: Mapping[str, Json]
    _validators: dict[tuple[str, str, str], OAS31Validator] = attrs.field(factory=dict, init=False)

    @cached_property
    def operations(self) -> list[Operation]:
        """Those without parameters first, so that `/users/me` is not taken for an id."""
        paths = as_object(self.document["paths"])
        operations = [
            Operation(method.upper(), template, as_object(definition))
            for template, methods in paths.items()
            for method, definition in as_object(methods).items()
        ]
        return sorted(operations, key=lambda each: each.template.count("{"))

    @property
    def schemas(self) -> Mapping[str, Json]:
        return as_object(as_object(self.document["components"])["schemas"])

    def operation(self, method: str, path: str) -> Operation | None:
        """HEAD is GET's. A path that is spelled out is not another's parameter."""
        method = "GET" if method == "HEAD" else method
        at_path = [each for each in self.operations if each.pattern.fullmatch(path)]
        for operation in at_path:
            if operation.method == method and operation.template == at_path[0].template:
                return operation
        return None

    def check(self, response: httpx.Response, body: Json) -> None:
        """Raise `ContractBroken` for anything that the document does not promise."""
        request = response.request
        operation = self.operation(request.method, request.url.path)
        try:
            self._check_headers(response)
            self._check_secrets(request.url.path, body)
            if operation is None:
                self._check_outside(response, body)
            else:
                self._check_documented(operation, response, body)
        except AssertionError as broken:
            raise ContractBroken(
                f"{request.method} {request.url.path} answered {response.status_code}"
                f" {response.text[:500]!r}: {broken}"
            ) from broken

    def _check_headers(self, response: httpx.Response) -> None:
        for name, value in _HEADERS_OF_ALL.items():
            assert response.headers.get(name) == value, f"{name} is missing"
        assert re.fullmatch(r"[\w.~-]{1,128}", response.headers["x-request-id"])
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if media_type != "text/html":
            policy = response.headers["content-security-policy"]
            assert policy.removesuffix("; sandbox") == _POLICY_OF_NO_PAGE
        assert "default-src 'none'" in response.headers["content-security-policy"]
        self._check_keeping(response)
        if response.status_code == 401:
            assert response.headers["www-authenticate"].startswith("Bearer")
        if response.status_code in {429, 503}:
            assert response.headers["retry-after"].isdecimal()

    def _check_keeping(self, response: httpx.Response) -> None:
        keeping = response.headers.get("cache-control")
        path = response.request.url.path
        if response.status_code >= 400 or path.startswith("/api/v1/auth"):
            assert keeping == "no-store"
        elif path.startswith("/api/"):
            kept = "private, no-cache" if "etag" in response.headers else "no-store"
            assert keeping == kept, f"cache-control is {keeping}"

    def _check_secrets(self, path: str, body: Json) -> None:
        for name, value in _members(body):
            given = _GIVEN_TO_ITS_OWNER.get(path.rstrip("/"), set())
            if name in given | _NAMES_NO_SECRET:
                continue
            assert not _SECRET.search(name), f"{name} is secret"
            if isinstance(value, str) and _MOMENT.match(value):
                assert value.endswith("Z"), f"{name} is not in UTC"

    def _check_outside(self, response: httpx.Response, body: Json) -> None:
        assert response.status_code in {400, 404, 405}, "there is no such route"
        problem = self._checked_problem(response, body)
        assert problem["code"] in _OUTSIDE_OF_ROUTES, "there is no such route"

    def _check_documented(self, operation: Operation, response: httpx.Response, body: Json) -> None:
        status = str(response.status_code)
        assert status in operation.responses, "an undocumented status"
        documented = as_object(operation.responses[status])
        for name, header in as_object(documented.get("headers", {})).items():
            is_there = name in response.headers or not as_object(header)["required"]
            assert is_there, f"no {name}"
        content = as_object(documented.get("content", {}))
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if not content:
            assert not response.content, "a body where none is documented"
            assert not media_type, "a media type without a body"
            return
        if "*/*" in content:
            assert response.headers["content-disposition"].startswith("attachment;")
            return
        assert media_type in content, f"an undocumented media type {media_type}"
        if response.request.method == "HEAD":
            assert not response.content, "a body after HEAD"
            return
        if media_type == PROBLEM:
            problem = self._checked_problem(response, body)
            assert problem["code"] in operation.codes(status), "an undocumented code"
        schema = as_object(as_object(content[media_type]).get("schema", {}))
        self._check_schema((operation.name, status, media_type), schema, body)

    def _checked_problem(self, response: httpx.Response, body: Json) -> Mapping[str, Json]:
        problem = as_object(body)
        assert response.headers["content-type"] == PROBLEM
        assert problem["status"] == response.status_code
        assert problem["type"] == f"/problems/{problem['code']}"
        assert problem["request_id"] == response.headers["x-request-id"]
        self._check_schema(("", "", PROBLEM), {"$ref": "#/components/schemas/Problem"}, problem)
        return problem

    def _check_schema(
        self, key: tuple[str, str, str], schema: Mapping[str, Json], body: object
    ) -> None:
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = OAS31Validator(whole, format_checker=oas31_format_checker)
        faults = [error.message for error in self._validators[key].iter_errors(body)]
        assert not faults, faults


def as_object(value: object) -> Mapping[str, Json]:
    assert isinstance(value, dict), f"{value!r} is no object"
    return value


def as_list(value: object) -> Sequence[Json]:
    assert isinstance(value, list), f"{value!r} is no list"
    return value


def _members(value: Json) -> Iterator[tuple[str, Json]]:
    """Every member of every object, but not of what clients themselves have put together."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name, member
            if name != "attributes":
                yield from _members(member)
    elif isinstance(value, list):
        for member in value:
            yield from _members(member)
