"""Files as clients send them."""

from collections.abc import AsyncIterator, Mapping

from tests.http.client import Answer, Client

BOUNDARY = "----form-7f3a"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
MULTIPART = {"Content-Type": FORM}
TEXT = b"Bends, and gives warm light.\n"


def a_form(
    content: bytes = TEXT,
    *,
    filename: str | None = "lamp.txt",
    content_type: str | None = "text/plain",
    field: str = "file",
) -> bytes:
    return _head(filename, content_type, field) + content + _END


async def a_long_form(
    pieces: AsyncIterator[bytes], content_type: str | None = None
) -> AsyncIterator[bytes]:
    """Without a length."""
    yield _head("long.bin", content_type, "file")
    async for piece in pieces:
        yield piece
    yield _END


async def attach(
    caller: Client,
    item_id: object,
    content: bytes = TEXT,
    *,
    filename: str | None = "lamp.txt",
    content_type: str | None = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    return await caller.post(
        f"/items/{item_id}/attachments",
        content=a_form(content, filename=filename, content_type=content_type),
        headers={**MULTIPART, **(headers or {})},
    )


_END = f"\r\n--{BOUNDARY}--\r\n".encode()


def _head(filename: str | None, content_type: str | None, field: str) -> bytes:
    disposition = f'form-data; name="{field}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, "", ""]).encode()
