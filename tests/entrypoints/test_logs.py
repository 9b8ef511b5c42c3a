"""What a line of the log looks like."""

import json
import logging
import subprocess
import sys

import pytest

from application import correlation
from entrypoints.logs import Lines
from entrypoints.settings.schema import Settings
from entrypoints.settings.values import Environment, LogFormat

FORGED = "a name\n2026-01-01 CRITICAL forged\x1b[31m\u2028"
BOTH = pytest.mark.parametrize("log_format", LogFormat)


def a_record(message: str, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("tessera", logging.WARNING, __file__, 1, "%s", (message,), None)
    vars(record).update(extra)
    return record


@BOTH
def test_nothing_that_is_sent_begins_a_line_of_its_own(log_format: LogFormat) -> None:
    line = Lines(log_format).format(a_record(FORGED, name_of_theirs=FORGED))

    assert line.isprintable()
    assert line.count("forged") == 2


def test_a_program_reads_all_that_was_said() -> None:
    line = json.loads(Lines(LogFormat.JSON).format(a_record("done", request_id="7", status=200)))

    assert line["time"].endswith("Z")
    del line["time"]
    assert line == {
        "level": "warning",
        "logger": "tessera",
        "message": "done",
        "request_id": "7",
        "status": 200,
    }


def test_a_person_reads_all_that_was_said() -> None:
    line = Lines(LogFormat.TEXT).format(a_record("done", request_id="7", status=200))

    assert line.endswith(" WARNING tessera done request_id=7 status=200")


@BOTH
def test_whatever_is_logged_on_the_way_names_the_request(log_format: LogFormat) -> None:
    token = correlation.request_id.set("of-mine")
    try:
        line = Lines(log_format).format(a_record("done"))
    finally:
        correlation.request_id.reset(token)

    assert "of-mine" in line


def test_a_failure_is_one_line_for_programs_and_tells_no_secret() -> None:
    try:
        int("postgresql://tessera:hush@database/tessera")
    except ValueError:
        record = a_record("failed", exc_info=sys.exc_info())

    line = Lines(LogFormat.JSON).format(record)

    assert "\n" not in line
    assert "://********@database/tessera" in json.loads(line)["exception"]


PROGRAM = """
import logging, sys
import structlog
from entrypoints.logs import configure_logs
from entrypoints.settings.values import LogFormat, LogLevel

configure_logs(LogLevel.WARNING, LogFormat(sys.argv[1]))
lines = structlog.get_logger(source="tessera.request")
lines.info("too little")
lines.warning(sys.argv[2], status=200, password="hush", path="/x#token=hush")
extra = {"status": 200, "token": "hush"}
logging.getLogger("tessera").warning("%s", sys.argv[2], extra=extra)
"""


@BOTH
def test_both_ways_to_log_write_alike(log_format: LogFormat) -> None:
    """In a process of its own, as it is configured once for all."""
    command = [sys.executable, "-c", PROGRAM, log_format.value, FORGED]
    written = subprocess.run(command, capture_output=True, check=True, text=True).stderr

    first, second = written.rstrip("\n").split("\n")
    assert "hush" not in written
    assert first.isprintable()
    assert second.isprintable()
    if log_format is LogFormat.JSON:
        line, other = json.loads(first), json.loads(second)
        assert (line["logger"], line["message"], line["status"]) == ("tessera.request", FORGED, 200)
        assert (line["password"], line["path"]) == ("********", "/x#token=********")
        assert list(line)[:4] == list(other)[:4] == ["time", "level", "logger", "message"]


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
