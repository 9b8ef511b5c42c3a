"""A client that takes no answer which the OpenAPI document does not promise."""

import json as json_module
from collections.abc import AsyncIterable, Mapping, Sequence

import attrs
import httpx

from domain.text import Json
from entrypoints.bootstrap.running import Inside
from tests.http.contract import PROBLEM, Contract, as_list, as_object

ROOT = "http://testserver"
API = f"{ROOT}/api/v1"

Params = Mapping[str, str | int | bool]


@attrs.frozen
class Answer:
    status: int
    headers: httpx.Headers
    content: bytes
    body: Json

    def __getitem__(self, field: str) -> Json:
        return as_object(self.body)[field]

    def text(self, field: str) -> str:
        value = self[field]
        assert isinstance(value, str)
        return value

    @property
    def items(self) -> Sequence[Mapping[str, Json]]:
        return [as_object(each) for each in as_list(self["items"])]

    def each(self, field: str) -> list[Json]:
        """One field of all that a list holds."""
        return [each[field] for each in self.items]

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code; an empty code where all is well."""
        if self.headers.get("content-type") != PROBLEM:
            return self.status, ""
        return self.status, self.text("code")

    @property
    def alike(self) -> Json:
        """A problem, but for what differs between any two requests."""
        return {**as_object(self.body), "request_id": ""}

    @property
    def faults(self) -> set[tuple[str, str]]:
        """The bad fields, and what is wrong with each."""
        faults = map(as_object, as_list(self["errors"]))
        return {(str(fault["field"]), str(fault["code"])) for fault in faults}


@attrs.frozen(kw_only=True)
class Client:
    """Anybody, or whoever holds `token`. Paths are relative to the API, or whole URLs."""

    # Not shown: asyncio does it after every fixture that makes a caller, and it is a long story.
    http: httpx.AsyncClient = attrs.field(repr=False)
    contract: Contract = attrs.field(repr=False)
    inside: Inside = attrs.field(repr=False)
    """For what can't be set up from outside."""
    token: str | None = attrs.field(default=None, repr=False)

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        response = await self.http.request(
            method,
            path if path.startswith("http") else f"{API}{path}",
            json=json,
            data=form,
            content=content,
            params=params,
            headers=[(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
        )
        media_type = response.headers.get("content-type", "")
        is_text = media_type.startswith("text/") or "ndjson" in media_type
        body: Json = response.text if is_text else None
        if "json" in media_type and not is_text and method != "HEAD":
            body = json_module.loads(response.content)
        self.contract.check(response, body)
        return Answer(response.status_code, response.headers, response.content, body)

    async def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self.request("GET", path, params=params, headers=headers)

    async def post(
        self,
        path: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self.request(
            "POST", path, json=json, form=form, content=content, headers=headers
        )

    async def put(
        self, path: str, *, json: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self.request("PUT", path, json=json, headers=headers)

    async def patch(
        self,
        path: str,
        *,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self.request("PATCH", path, json=json, content=content, headers=headers)

    async def delete(
        self, path: str, *, json: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self.request("DELETE", path, json=json, headers=headers)

    def bearing(self, token: str | None) -> "Client":
        return Client(http=self.http, contract=self.contract, inside=self.inside, token=token)
