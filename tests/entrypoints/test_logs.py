"""What a line of the log looks like."""

import json
import logging
import sys

import pytest

from entrypoints.logs import JsonLines, TextLines
from entrypoints.settings.schema import Settings
from entrypoints.settings.values import Environment, LogFormat

FORGED = "a name\n2026-01-01 CRITICAL forged\x1b[31m\u2028"


def a_record(message: str, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("tessera", logging.WARNING, __file__, 1, "%s", (message,), None)
    vars(record).update(extra)
    return record


@pytest.mark.parametrize("lines", [TextLines(), JsonLines()], ids=["text", "json"])
def test_nothing_that_is_sent_begins_a_line_of_its_own(lines: logging.Formatter) -> None:
    line = lines.format(a_record(FORGED))

    assert line.isprintable()
    assert "forged" in line


def test_a_program_reads_all_that_was_said() -> None:
    line = json.loads(JsonLines().format(a_record("done", request_id="7", status=200)))

    assert line["time"].endswith("Z")
    del line["time"]
    assert line == {
        "level": "warning",
        "logger": "tessera",
        "message": "done",
        "request_id": "7",
        "status": 200,
    }


def test_a_failure_is_one_line_for_programs() -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        record = a_record("failed", exc_info=sys.exc_info())

    line = JsonLines().format(record)

    assert "\n" not in line
    assert "ZeroDivisionError" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    ("environment", "chosen", "lines"),
    [
        (Environment.DEVELOPMENT, None, LogFormat.TEXT),
        (Environment.DEVELOPMENT, LogFormat.JSON, LogFormat.JSON),
        (Environment.STAGING, None, LogFormat.JSON),
        (Environment.STAGING, LogFormat.TEXT, LogFormat.TEXT),
    ],
)
def test_people_read_text_and_programs_json(
    environment: Environment, chosen: LogFormat | None, lines: LogFormat
) -> None:
    settings = Settings.model_construct(environment=environment, log_format=chosen)

    assert settings.log_lines is lines
