"""What jobs are about, as JSON and back."""

import json
from uuid import UUID

import pytest

from adapters.postgres.payloads import Payloads, stored
from application.jobs.payload import Unreadable
from domain.one_time_tokens import TokenPurpose
from domain.text import Json
from tests.chores import CHORES, Chore, Tool

PAYLOADS = Payloads(CHORES)
CHORE = Chore(
    name="Flöte\n",
    room_id=UUID(int=7),
    notes={"a": "b"},
    tool=Tool(name="broom", purpose=TokenPurpose.NOT_ME),
)


def test_comes_back_as_it_was() -> None:
    as_json = json.loads(json.dumps(stored(CHORE)))
    assert PAYLOADS.read("tests.chore", as_json) == CHORE


def test_what_an_older_version_did_not_store_has_its_default() -> None:
    assert PAYLOADS.read("tests.chore", {"name": "windows"}) == Chore(name="windows")


def test_what_a_newer_version_stored_besides_is_passed_over() -> None:
    assert PAYLOADS.read("tests.chore", {"name": "windows", "soap": True}) == Chore(name="windows")


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("tests.unheard_of", {}, "no handler for jobs of the kind tests.unheard_of"),
        ("tests.chore", {"name": 7}, "name"),
        ("tests.chore", {"name": {"secret": "hush"}}, "name"),
        ("tests.chore", {"room_id": "hush"}, "room_id"),
        ("tests.chore", {"notes": {"a": 1}}, "notes"),
        ("tests.chore", {"tool": {"name": "broom"}}, "tool.purpose"),
        ("tests.chore", {"tool": {"name": "broom", "purpose": "hush"}}, "tool.purpose"),
        ("tests.chore", [], "not an object"),
        ("tests.chore", None, "not an object"),
        ("tests.chore", "hush", "not an object"),
    ],
)
def test_says_what_cannot_be_made_out_and_repeats_none_of_it(
    kind: str, value: Json, reason: str
) -> None:
    read = PAYLOADS.read(kind, value)
    assert isinstance(read, Unreadable)
    assert reason in read.reason
    assert "hush" not in read.reason


def test_two_kinds_cannot_share_a_name() -> None:
    class Impostor(Chore):
        pass

    with pytest.raises(TypeError, match=r"tests\.chore"):
        Payloads((Chore, Impostor))
