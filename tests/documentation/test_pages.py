"""What the pages tell one to do works, and prints what they say."""

from pathlib import Path

import pytest

from entrypoints.documentation.site import ROOT
from tests.documentation.reader import Step, a_reader, is_printed, steps_of

PAGES = [ROOT / "docs" / "tour.md", ROOT / "docs" / "tutorial.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path) -> None:
    with a_reader() as reader:
        for step in steps_of(page):
            reader.do(step)


def test_what_is_left_open_may_be_anything_and_the_rest_may_not() -> None:
    assert is_printed("a … c\n", "a b c\n")
    assert is_printed("first\n…\nlast\n", "first\nand\nso on\nlast\n")
    assert is_printed("first\n…\nlast\n", "first\nlast")
    assert not is_printed("a … c\n", "a b d\n")
    assert not is_printed("first\n", "first\nsecond\n")


def test_a_command_that_fails_is_found_out() -> None:
    with a_reader() as reader, pytest.raises(AssertionError, match="line 7 fails"):
        reader.do(Step(7, "sh", None, "echo before; false; echo after\n"))


def test_a_block_that_nobody_does_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Like this:\n\n```python\nx = 1\n```\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"page\.md:3"):
        steps_of(page)
