"""gzip: what is long and no secret comes compressed to whoever wants it so."""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.compression import Compressed
from entrypoints.http.problems import NotAcceptable
from tests.http.callers import Caller, as_superuser, register
from tests.http.client import ROOT, Client
from tests.http.contract import Contract
from tests.http.every_route import a_scene, good_request, operations_of

LONG = {"text": "lamp " * 1000}
BY_GZIP = {"Accept-Encoding": "gzip"}


class Raw(httpx.AsyncClient):
    """Shows what is sent as it is sent."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(transport=httpx.ASGITransport(Compressed(app)), base_url=ROOT)


async def sent(
    app: ASGIApp, accepted: str | None, method: str = "GET"
) -> tuple[bytes, Mapping[str, str]]:
    async with Raw(app) as http:
        request = http.build_request(method, "/")
        del request.headers["accept-encoding"]
        if accepted is not None:
            request.headers["accept-encoding"] = accepted
        answer = await http.send(request, stream=True)
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
        await answer.aclose()
    return body, answer.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br, zstd", None),
        ("gzip", "gzip"),
        ("GZip;Q=1", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "gzip"),
        ("br, *;q=0.1", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.0, *", None),
        ("*;q=0, identity", None),
        ("gzip;q=0.5, identity;q=0.8", None),
        ("gzip;q=0.8, identity;q=0.5", "gzip"),
        ("gzip, identity", "gzip"),
        ("gzip;q=2", None),
        ("gzip;q=", None),
        ("identity;q=0, gzip", "gzip"),
        ("*;q=0, gzip;q=0.1", "gzip"),
    ],
)
async def test_comes_as_the_client_weighs_it(accepted: str | None, coding: str | None) -> None:
    body, headers = await sent(JSONResponse(LONG), accepted)
    assert headers.get("content-encoding") == coding
    assert headers["vary"] == "Accept-Encoding"
    assert headers["content-length"] == str(len(body))
    plain = gzip.decompress(body) if coding else body
    assert plain == JSONResponse(LONG).body


@pytest.mark.parametrize(
    "accepted", ["identity;q=0", "*;q=0", "br, *;q=0", "gzip;q=0,identity;q=0"]
)
async def test_a_client_that_takes_neither_is_told_so(accepted: str) -> None:
    with pytest.raises(NotAcceptable):
        await sent(JSONResponse(LONG), accepted)


async def test_what_is_short_stays_as_it_is_unless_the_client_insists() -> None:
    short = JSONResponse({"text": "lamp"})
    body, headers = await sent(short, "gzip")
    assert (body, headers["vary"]) == (short.body, "Accept-Encoding")
    body, headers = await sent(short, "gzip, identity;q=0")
    assert gzip.decompress(body) == short.body


@pytest.mark.parametrize(
    "response",
    [
        Response(b"\x89PNG" * 1000, media_type="image/png"),
        JSONResponse(LONG, status_code=400),
        JSONResponse(LONG, status_code=206),
        JSONResponse(LONG, headers={"Content-Encoding": "br"}),
    ],
)
async def test_what_gains_nothing_or_is_no_plain_answer_stays_as_it_is(response: Response) -> None:
    body, headers = await sent(response, "gzip")
    assert body == response.body
    assert headers.get("content-encoding") in {None, "br"}


async def test_a_strong_validator_becomes_a_weak_one_and_ranges_are_none() -> None:
    response = JSONResponse(LONG, headers={"ETag": '"7"', "Accept-Ranges": "bytes"})
    _, headers = await sent(response, "gzip")
    assert (headers["etag"], "accept-ranges" in headers) == ('W/"7"', False)
    _, headers = await sent(response, None)
    assert (headers["etag"], headers["accept-ranges"]) == ('"7"', "bytes")


async def test_what_is_not_modified_says_what_it_varies_by() -> None:
    _, headers = await sent(Response(status_code=304, headers={"ETag": '"7"'}), "gzip")
    assert headers["vary"] == "Accept-Encoding"


async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
    """Ten thousand rows, as they are made."""
    response = StreamingResponse(_rows(), media_type="text/csv")
    await response(scope, receive, send)


async def _rows() -> AsyncIterator[bytes]:
    for number in range(10_000):
        yield _row(number).encode()


def _row(number: int) -> str:
    return f"{hashlib.sha256(number.to_bytes(4)).hexdigest()},lamp\n"


async def test_a_stream_is_compressed_as_it_comes() -> None:
    pieces: list[int] = []

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            pieces.append(len(message.get("body", b"")))
            await send(message)

        await Compressed(numbered)(scope, receive, count)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(counting), base_url=ROOT) as http:
        answer = await http.get("/", headers=BY_GZIP)
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-length" not in answer.headers
    assert answer.text == "".join(map(_row, range(10_000)))
    assert len([size for size in pieces if size]) > 3
    assert sum(pieces) < len(answer.content) * 0.7


async def test_others_have_their_turn_while_much_is_compressed() -> None:
    noise = zlib.compress(str(list(range(500_000))).encode()).hex()
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    others = asyncio.create_task(take_turns())
    await sent(JSONResponse(noise), "gzip")
    others.cancel()
    assert turns > len(noise) / 2**17


async def test_head_says_what_get_would() -> None:
    for app in (JSONResponse(LONG), numbered):
        _, headers = await sent(app, "gzip")
        _, alone = await sent(app, "gzip", method="HEAD")
        assert alone == headers


@pytest.fixture
async def superuser(client: Client) -> Caller:
    for _ in range(3):
        await register(client)
    return await as_superuser(client)


@pytest.mark.parametrize(
    "path", ["/users", f"{ROOT}/api/v1/openapi.json", f"{ROOT}/docs/assets/swagger-ui.css"]
)
async def test_lists_and_the_documentation_come_compressed(superuser: Caller, path: str) -> None:
    url = path if path.startswith("http") else f"{ROOT}/api/v1{path}"
    bearer = {"Authorization": f"Bearer {superuser.token}"}
    long = await superuser.http.get(url, headers={**bearer, "Accept-Encoding": "identity"})
    short = await superuser.http.get(url, headers={**bearer, **BY_GZIP})
    assert (short.headers["content-encoding"], short.text) == ("gzip", long.text)
    assert long.headers["vary"] == short.headers["vary"] == "Accept-Encoding"


async def test_nothing_with_a_secret_is_ever_compressed(client: Client, contract: Contract) -> None:
    """Whatever is said of credentials, also where it insists."""
    scene = await a_scene(client)
    superuser = await as_superuser(client)
    insisting = {"Accept-Encoding": "gzip, identity;q=0"}
    seen = 0
    for name, operation in operations_of(contract).items():
        if "/auth" not in operation.template and operation.method == "GET":
            continue
        if name in {"login_mfa", "confirm_totp", "turn_off_totp", "renew_recovery_codes"}:
            continue
        caller = superuser if operation.access == "permission" else scene.owner
        answer = await good_request(operation, scene).by(caller, operation, insisting)
        assert "content-encoding" not in answer.headers, name
        seen += 1
    assert seen > 20
