"""What is sent to do harm, and what has to come of it."""

from zlib import crc32

from tests.http.client import Answer

CANARY = "canary4711"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SOME_ID = "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"


def shortly(value: object) -> str:
    """Legible ids of cases, and different ones."""
    text = ascii(value)
    return text if len(text) < 40 else f"{text[:30]}~{crc32(text.encode()):x}"


def refused(answer: Answer, *codes: str) -> None:
    """A documented refusal, as the client checks, and one that keeps the input to itself."""
    assert 400 <= answer.status < 500
    assert answer.problem[1] in codes
    assert CANARY.encode() not in answer.content
