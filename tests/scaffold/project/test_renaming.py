"""Each form of the name becomes the same form of another."""

import pytest

from entrypoints.scaffold.project.name import ProjectName
from entrypoints.scaffold.project.renaming import lines_with_old_name, renamed

ACME = ProjectName("Acme Orders")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tessera's API", "Acme Orders's API"),
        ("run `tessera serve`", "run `acme-orders serve`"),
        ("tessera-settings", "acme-orders-settings"),
        ("tessera.request_id", "acme-orders.request_id"),
        ("tessera_jobs_total", "acme_orders_jobs_total"),
        ("my_tessera", "my_acme_orders"),
        ("${TESSERA_VERSION:-latest}", "${ACME_ORDERS_VERSION:-latest}"),
        ("alert: TesseraJobsLate", "alert: AcmeOrdersJobsLate"),
        ("Tessera <tessera@localhost>", "Acme Orders <acme-orders@localhost>"),
        ("postgresql://tessera@db/tessera", "postgresql://acme-orders@db/acme-orders"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_is_written_as_it_was(text: str, expected: str) -> None:
    assert renamed(text, ACME) == expected


@pytest.mark.parametrize(
    "text", ['b"tessera password pre-hash v1"', 'info=f"tessera/{purpose}".encode()']
)
def test_what_keys_are_made_with_is_no_name(text: str) -> None:
    assert renamed(text, ACME) == text
    assert lines_with_old_name(text) == []


def test_finds_what_is_left_in_whatever_way_it_is_written() -> None:
    text = "TESSERA\nfine\nmyTesseras\n"
    assert lines_with_old_name(text) == ["TESSERA", "myTesseras"]
