"""Items by the file: how many rows a second go in and come out, and the memory that it takes."""

import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPResponse
from statistics import median

import attrs

from bench.servers import BenchError, Server

ITEMS = "/api/v1/items"
_PIECE = 1024 * 1024


@attrs.frozen(kw_only=True)
class Transfers:
    """One import of so many rows, and after it an export of all that the caller has."""

    imported: int
    import_seconds: float
    exported: int
    export_seconds: float
    megabytes: float
    """By which the server's memory grew meanwhile."""

    @classmethod
    def measure(cls, server: Server, token: str, rows: int) -> "Transfers":
        before = server.resident_megabytes()
        start = time.perf_counter()
        with _asked(server, "import", token, b"".join(_lines(rows))) as answer:
            imported = int(json.load(answer)["imported"])
        between = time.perf_counter()
        exported = 0
        with _asked(server, "export", token) as answer:
            while piece := answer.read(_PIECE):
                exported += piece.count(b"\n")
        end = time.perf_counter()
        if imported != rows or exported < rows:
            raise BenchError(f"of {rows} rows {imported} came in, and {exported} out")
        return cls(
            imported=imported,
            import_seconds=between - start,
            exported=exported,
            export_seconds=end - between,
            megabytes=server.resident_megabytes() - before,
        )


def figures(runs: Sequence[Transfers]) -> dict[str, float]:
    """Medians over the rounds; of the memory the worst."""
    return {
        "imported_per_second": median(run.imported / run.import_seconds for run in runs),
        "exported_per_second": median(run.exported / run.export_seconds for run in runs),
        "megabytes_more": max(run.megabytes for run in runs),
    }


def _lines(rows: int) -> Iterator[bytes]:
    for number in range(rows):
        item = {
            "title": f"Desk lamp {number}",
            "description": f"Brass, 1930s, number {number} of the collection",
            "status": "active",
            "attributes": {"colour": "brass", "watts": number % 100},
        }
        yield json.dumps(item).encode() + b"\n"


def _asked(server: Server, what: str, token: str, body: bytes | None = None) -> HTTPResponse:
    request = urllib.request.Request(  # noqa: S310 - http
        f"{server.url}{ITEMS}/{what}",
        body,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
    )
    answer = urllib.request.urlopen(request)  # noqa: S310 - http
    if not isinstance(answer, HTTPResponse):
        raise BenchError("no answer over HTTP")
    return answer
