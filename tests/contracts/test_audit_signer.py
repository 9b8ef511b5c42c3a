"""Signatures that tell who wrote something."""

import pytest

from adapters.memory.audit import PlainAuditSigner
from adapters.security.audit import HmacAuditSigner
from application.audit.ports import AuditSigner

OLD, NEW = b"an older secret, of 32 bytes or more", b"the newest secret of 32 bytes or more"


@pytest.fixture(params=["memory", "security"])
def signers(request: pytest.FixtureRequest) -> tuple[AuditSigner, AuditSigner, AuditSigner]:
    """The old one, the new one, and the new one that knows the old one's key."""
    if request.param == "memory":
        return PlainAuditSigner(OLD), PlainAuditSigner(NEW), PlainAuditSigner(NEW, OLD)
    return HmacAuditSigner([OLD]), HmacAuditSigner([NEW]), HmacAuditSigner([NEW, OLD])


Signers = tuple[AuditSigner, AuditSigner, AuditSigner]


def test_knows_its_own_signature_of_the_same_statement_only(signers: Signers) -> None:
    _, new, _ = signers
    signature = new.sign(b"a statement")

    assert new.has_signed(b"a statement", signature)
    assert not new.has_signed(b"another", signature)
    assert not new.has_signed(b"a statement", signature[:-1])
    assert not new.has_signed(b"a statement", b"")


def test_another_key_signs_otherwise(signers: Signers) -> None:
    old, new, _ = signers

    assert not new.has_signed(b"a statement", old.sign(b"a statement"))


def test_a_key_that_was_changed_still_verifies_and_no_longer_signs(signers: Signers) -> None:
    old, new, both = signers

    assert both.has_signed(b"a statement", old.sign(b"a statement"))
    assert both.sign(b"a statement") == new.sign(b"a statement")


def test_no_salt_comes_twice(signers: Signers) -> None:
    _, new, _ = signers
    salts = {new.salt() for _ in range(1000)}

    assert len(salts) == 1000
    assert min(map(len, salts)) >= 16
