"""A file in a multipart body, in whatever pieces it comes."""

import itertools
from collections.abc import AsyncIterator

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from domain.errors import Invalid
from entrypoints.http.items.multipart import SentFile, sent_file
from entrypoints.http.problems import UnsupportedMediaType

KIND = "multipart/form-data; boundary=edge"
HEAD = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
TYPED = HEAD + b"Content-Type: Text/CSV; charset=utf-8\r\n\r\n"
END = b"\r\n--edge--\r\n"
OTHER = b'--edge\r\nContent-Disposition: form-data; name="other"\r\n\r\n1'


def a_request(*chunks: bytes, kind: str = KIND, is_whole: bool = True) -> Request:
    async def messages() -> AsyncIterator[Message]:
        for chunk in chunks:
            yield {"type": "http.request", "body": chunk, "more_body": True}
        if is_whole:
            yield {"type": "http.request", "body": b"", "more_body": False}
        yield {"type": "http.disconnect"}

    coming = messages()

    async def receive() -> Message:
        return await anext(coming)

    return Request({"type": "http", "headers": [(b"content-type", kind.encode())]}, receive)


async def content_of(file: SentFile) -> bytes:
    return b"".join([piece async for piece in file.pieces])


async def test_a_file_comes_with_what_its_sender_calls_it() -> None:
    file = await sent_file(a_request(TYPED + b"title\r\nLamp" + END), "file")
    assert (file.filename, file.content_type) == ("a.csv", "text/csv")
    assert await content_of(file) == b"title\r\nLamp"


async def test_neither_name_nor_type_need_be_there() -> None:
    head = b'--edge\r\ncontent-disposition: form-data; name="file"\r\n\r\n'
    file = await sent_file(a_request(head + b"Lamp" + END), "file")
    assert (file.filename, file.content_type) == (None, None)
    assert await content_of(file) == b"Lamp"


@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 500), max_size=12))
async def test_it_does_not_matter_where_a_body_is_cut(content: bytes, cuts: list[int]) -> None:
    body = TYPED + content.replace(b"--edge", b"") + END
    edges = [0, *sorted(min(each, len(body)) for each in cuts), len(body)]
    chunks = [body[start:end] for start, end in itertools.pairwise(edges)]
    file = await sent_file(a_request(*chunks), "file")
    assert await content_of(file) == content.replace(b"--edge", b"")


async def test_nothing_is_read_before_it_is_asked_for() -> None:
    pieces_read = 0

    async def messages() -> AsyncIterator[Message]:
        nonlocal pieces_read
        for chunk in (TYPED, b"a", b"b", b"c", END):
            pieces_read += 1
            yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    coming = messages()

    async def receive() -> Message:
        return await anext(coming)

    request = Request({"type": "http", "headers": [(b"content-type", KIND.encode())]}, receive)
    file = await sent_file(request, "file")
    assert pieces_read == 1
    assert await anext(file.pieces)
    assert pieces_read <= 3
    assert await content_of(file)
    assert pieces_read == 5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "file"),
        (b"--edge--\r\n", "file"),
        (OTHER + END, "other"),
        (b'--edge\r\nContent-Disposition: form-data; name="a\tb"\r\n\r\n1' + END, "?"),
        (b"--edge\r\nContent-Type: text/csv\r\n\r\n1" + END, "?"),
        (HEAD + b"Content-Transfer-Encoding: base64\r\n\r\naa" + END, "file"),
    ],
)
async def test_a_body_must_begin_with_the_file(body: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await sent_file(a_request(body), "file")
    assert [each.field for each in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "body",
    [
        TYPED + b"Lamp",
        TYPED + b"Lamp\r\n--edge",
        TYPED + b"Lamp\r\n" + OTHER + END,
        TYPED + b"Lamp\r\n" + TYPED + b"Lamp" + END,
        TYPED + b"Lamp\r\n--edge\r\nno header" + END,
    ],
)
async def test_a_body_must_end_with_the_file(body: bytes) -> None:
    with pytest.raises(Invalid):
        await content_of(await sent_file(a_request(body), "file"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"junk", KIND),
        (b"--other\r\n\r\n", KIND),
        (TYPED, "multipart/form-data"),
        (TYPED, f"multipart/form-data; boundary={'x' * 300}"),
        (b"--edge\r\n" + b"A: b\r\n" * 100, KIND),
        (b"--edge\r\nA: " + b"b" * 10_000, KIND),
    ],
)
async def test_a_malformed_body_is_refused_before_much_of_it_is_kept(
    body: bytes, kind: str
) -> None:
    with pytest.raises(Invalid):
        await sent_file(a_request(body, kind=kind), "file")


@pytest.mark.parametrize("kind", ["", "text/csv", "application/x-www-form-urlencoded"])
async def test_another_kind_of_body_is_not_taken_for_one(kind: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        await sent_file(a_request(TYPED, kind=kind), "file")


async def test_a_client_may_leave_in_the_middle() -> None:
    file = await sent_file(a_request(TYPED + b"Lamp", is_whole=False), "file")
    with pytest.raises(ClientDisconnect):
        await content_of(file)
