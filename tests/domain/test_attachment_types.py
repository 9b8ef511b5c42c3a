"""What files are said to be."""

import pytest

from domain.attachment_types import clean_content_type, contradicts

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
ZIP = b"PK\3\4" + b"\0" * 20


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain", "text/plain"),
        (" Text/HTML; charset=utf-8", "text/html"),
        ("image/svg+xml", "image/svg+xml"),
        ("application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("text", "application/octet-stream"),
        ("text/", "application/octet-stream"),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("text/pl\0ain", "application/octet-stream"),
        ("*/*", "application/octet-stream"),
        ("téxt/plain", "application/octet-stream"),
        ("a/" + "b" * 70, "application/octet-stream"),
        ("", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_a_type_is_one_or_none(content_type: str | None, expected: str) -> None:
    assert clean_content_type(content_type) == expected


@pytest.mark.parametrize(
    ("content_type", "head"),
    [
        ("image/png", PNG),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 "),
        ("image/avif", b"\0\0\0\x20ftypavif"),
        ("image/bmp", b"BM6\0"),
        ("video/mp4", b"\0\0\0\x18ftypmp42"),
        ("video/quicktime", b"\0\0\0\x14ftypqt  "),
        ("video/quicktime", b"\0\0\0\x08wide"),
        ("audio/wav", b"RIFF\x24\0\0\0WAVEfmt "),
        ("audio/mpeg", b"ID3\3"),
        ("application/pdf", b"%PDF-1.7"),
        ("application/pdf", b"\xef\xbb\xbf\n%PDF-1.4"),
        ("application/zip", ZIP),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
        ("application/vnd.ms-excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("application/vnd.ms-excel", b"title;status\r\n"),
        ("application/epub+zip", ZIP),
        ("application/gzip", b"\x1f\x8b\x08"),
        ("image/svg+xml", b"\x1f\x8b\x08"),
        ("image/svg+xml", b"<svg onload='alert(1)'>"),
        ("text/html", b"<script>alert(1)</script>"),
        ("text/plain", b"<script>alert(1)</script>"),
        ("text/plain", b"BM is a beginning as good as any"),
        ("text/plain", b"MZ too"),
        ("text/plain", b"A text about %PDF-1.7"),
        ("text/plain", "été".encode("utf-16")),
        ("text/plain", b""),
        ("application/json", b'{"a": 1}'),
        ("application/x-unheard-of", b"\0\1\2\3"),
        ("application/octet-stream", PNG),
        ("application/octet-stream", b"MZ\x90\0"),
        ("application/octet-stream", b""),
    ],
)
def test_what_may_be_so_is_not_contradicted(content_type: str, head: bytes) -> None:
    assert not contradicts(content_type, head)


@pytest.mark.parametrize(
    ("content_type", "head"),
    [
        ("image/png", b"\xff\xd8\xff\xe0"),
        ("image/png", b"<script>alert(1)</script>"),
        ("image/png", b"\x89PNG\n"),
        ("image/png", b""),
        ("image/jpeg", PNG),
        ("image/webp", b"RIFF\x24\0\0\0WAVEfmt "),
        ("image/gif", b"GIF90a"),
        ("application/pdf", b"MZ\x90\0"),
        ("application/zip", b"title;status\r\n"),
        ("application/vnd.ms-excel", PNG),
        ("text/plain", PNG),
        ("text/html", ZIP),
        ("text/csv", b"\x7fELF\2"),
        ("text/plain", b"MZ\x90\0\3"),
        ("application/json", b"\x1f\x8b\x08"),
        ("application/x-unheard-of", PNG),
        ("image/svg+xml", PNG),
        ("video/mp4", b"\x1a\x45\xdf\xa3"),
    ],
)
def test_what_can_not_be_so_is(content_type: str, head: bytes) -> None:
    assert contradicts(content_type, head)
