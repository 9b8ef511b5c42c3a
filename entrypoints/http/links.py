"""Where else a list can be read: links to its other pages (RFC 8288)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from fastapi import Request

from application.paging import MAX_SKIP, Page
from entrypoints.http.schemas import ListQuery

DESCRIPTION = (
    "The pages `first` and `next`, and by `skip` also `prev` and `last`, as references to be"
    " resolved against the request's own URL (RFC 8288). Left out where the query is very long."
)
# Bytes. Each link repeats the query, and proxies give up at a few KiB of headers.
_LONGEST_QUERY = 1024


def links(request: Request, arguments: Mapping[str, object], page: object) -> bytes | None:
    """None where there is nowhere to go.

    They are relative, and nothing but a query: they hold at whatever address and below whatever
    prefix the client has found the list.
    """
    query_string: bytes = request.scope["query_string"]
    if len(query_string) > _LONGEST_QUERY:
        return None
    query = next(each for each in arguments.values() if isinstance(each, ListQuery))
    if not isinstance(page, Page):
        raise TypeError("a list is shown by pages")
    kept = [
        (name, value)
        for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
        if name not in {"skip", "cursor"}
    ]
    by_skip = query.cursor is None and "skip" in query.model_fields_set
    pages = _by_skip(query, page) if by_skip else _by_cursor(query, page)
    written = [
        f'<?{urlencode([*kept, *where.items()])}>; rel="{relation}"'
        for relation, where in pages.items()
    ]
    return ", ".join(written).encode() or None


def _by_cursor(query: ListQuery, page: Page[object]) -> Mapping[str, Mapping[str, object]]:
    """Cursors lead forward only."""
    pages: dict[str, Mapping[str, object]] = {}
    if query.cursor is not None:
        pages["first"] = {}
    if page.next_cursor is not None:
        pages["next"] = {"cursor": page.next_cursor}
    return pages


def _by_skip(query: ListQuery, page: Page[object]) -> Mapping[str, Mapping[str, object]]:
    pages: dict[str, Mapping[str, object]] = {"first": {"skip": 0}}
    if query.skip:
        pages["prev"] = {"skip": max(0, query.skip - query.limit)}
    following = query.skip + query.limit
    if page.next_cursor is not None and following <= MAX_SKIP:
        pages["next"] = {"skip": following}
    if page.total:
        pages["last"] = {"skip": (page.total - 1) // query.limit * query.limit}
    return pages
