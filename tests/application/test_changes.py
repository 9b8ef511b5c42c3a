"""What a change has been sent, and what it leaves."""

import attrs
import pytest

from application.changes import UNSET, Unset, changes_in, require_version
from domain.errors import VersionMismatch


@attrs.frozen(kw_only=True)
class Rename:
    book_id: int
    title: str | Unset = UNSET
    subtitle: str | None | Unset = UNSET
    expected: int | None = None


def test_tells_what_was_sent_from_what_was_not() -> None:
    assert changes_in(Rename(book_id=1)) == {}
    assert changes_in(Rename(book_id=1, title="Emma", expected=2)) == {"title": "Emma"}
    assert changes_in(Rename(book_id=1, subtitle=None)) == {"subtitle": None}


def test_any_version_will_do_where_none_is_named() -> None:
    require_version(3, None)
    require_version(3, {2, 3})
    with pytest.raises(VersionMismatch):
        require_version(3, {2})
    with pytest.raises(VersionMismatch):
        require_version(3, ())
