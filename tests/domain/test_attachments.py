"""Names of files."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attachments import MAX_FILENAME_BYTES, clean_filename, disposition_of


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("lamp.txt", "lamp.txt"),
        (" lamp.txt ", "lamp.txt"),
        ("Été 照明 💡.txt", "Été 照明 💡.txt"),
        ("E\u0301te\u0301.txt", "Été.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\lamp.txt", "lamp.txt"),
        ("/lamp.txt", "lamp.txt"),
        ("a\r\nb\0c\x7f.txt", "abc.txt"),
        ("exe.\u202etxt.scr", "exe.txt.scr"),
        ("a\u2028b.txt", "a b.txt"),
        ("a\ud800b.txt", "ab.txt"),
        (".htaccess", "htaccess"),
        ("lamp.txt.", "lamp.txt"),
        ("..", "file"),
        ("lamp/", "file"),
        ("", "file"),
        (None, "file"),
        ("x" * 300, "x" * 255),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("é" * 300 + ".txt", "é" * 125 + ".txt"),
        ("a." + "x" * 300, "a." + "x" * 253),
    ],
)
def test_a_name_is_cleaned(filename: str | None, expected: str) -> None:
    assert clean_filename(filename) == expected


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_any_system_takes(filename: str) -> None:
    name = clean_filename(filename)

    assert 0 < len(name.encode()) <= MAX_FILENAME_BYTES
    assert not {"/", "\\", "\0"} & set(name)
    assert name not in {".", ".."}
    assert all(unicodedata.category(each) not in {"Cc", "Cf", "Cs"} for each in name)
    assert clean_filename(name) == name


@given(st.text(max_size=400))
def test_a_name_never_breaks_out_of_its_header(filename: str) -> None:
    disposition = disposition_of(clean_filename(filename))

    assert disposition.isascii()
    assert disposition.isprintable()
    assert disposition.startswith('attachment; filename="')
    assert disposition.count('"') == 2
    assert "\\" not in disposition


def test_a_name_is_written_for_old_and_new_clients() -> None:
    assert disposition_of('Été "1" 100%.txt') == (
        'attachment; filename="_t_ _1_ 100_.txt"; '
        "filename*=UTF-8''%C3%89t%C3%A9%20%221%22%20100%25.txt"
    )
