"""What leaves an entry in the trail, and what of it is nobody's business."""

import json

import attrs
import pytest

from application.audit.list_audit import ListAudit, ListAuditHandler
from application.audit.list_security_events import ListSecurityEvents, ListSecurityEventsHandler
from application.audit.record_refusal import RecordRefusal, RecordRefusalHandler
from application.auth.login import Login, LoginHandler
from application.auth.logout import LogoutHandler
from application.auth.logout_all import LogoutAll, LogoutAllHandler
from application.auth.revoke_session import RevokeSession, RevokeSessionHandler
from application.users.import_users import ImportUsers, ImportUsersHandler
from domain.access import (
    ANONYMOUS,
    SYSTEM,
    Actor,
    NotAuthenticated,
    Origin,
    Permission,
    PermissionDenied,
)
from domain.audit import ActorKind, AuditEntry, SecurityEvent
from domain.auth import InvalidCredentials
from domain.passwords import Password
from domain.users import InactiveUser
from tests.application.rows import rows_of
from tests.application.service import Service
from tests.builders import a_user, an_actor

HERE = Origin(address="203.0.113.9", user_agent="curl/8", request_id="r-9")
STRANGER = ANONYMOUS.calling_from(lambda: HERE)


def noted(service: Service) -> list[AuditEntry]:
    return sorted(service.stored.audit.scan(), key=lambda entry: entry.id)


async def refused(service: Service, name: str, password: str) -> AuditEntry:
    login = Login(name=name, password=Password(password))
    with pytest.raises((InvalidCredentials, InactiveUser)):
        await service[LoginHandler](login, STRANGER)
    return noted(service)[-1]


async def test_a_refused_sign_in_is_noted_on_the_account(service: Service) -> None:
    await service.add(ann := a_user())

    entry = await refused(service, ann.email, "wrong horse")

    assert (entry.event, entry.actor_kind) == (SecurityEvent.SIGN_IN_REFUSED, ActorKind.ANONYMOUS)
    assert (entry.target_id, entry.address) == (ann.id, "203.0.113.9")
    assert entry.details == {"reason": "invalid_credentials"}


async def test_nothing_typed_by_an_unknown_name_is_kept(service: Service) -> None:
    entry = await refused(service, "my secret passphrase", "ann")

    assert entry.target_id is None
    assert entry.details == {"reason": "invalid_credentials"}
    kept = json.dumps(attrs.asdict(entry), default=str)
    assert "passphrase" not in kept


async def test_an_inactive_account_is_noted_as_such(service: Service) -> None:
    await service.add(ann := a_user(is_active=False))

    entry = await refused(service, ann.email, "correct horse")

    assert (entry.target_id, entry.details) == (ann.id, {"reason": "inactive_user"})


async def test_known_and_unknown_names_cost_the_same_entries(service: Service) -> None:
    await service.add(ann := a_user())

    known = await refused(service, ann.email, "wrong horse")
    unknown = await refused(service, "nobody@example.com", "wrong horse")

    assert len(noted(service)) == 2
    assert (known.event, known.details) == (unknown.event, unknown.details)


async def test_the_ends_of_sessions_are_noted(service: Service) -> None:
    await service.add(ann := a_user(), root := a_user(is_superuser=True))
    first, second = [await service.actor(await service.sign_in(ann)) for _ in range(2)]
    admin = an_actor(user_id=root.id, is_superuser=True)
    assert second.session_id is not None

    await service[LogoutHandler](first)
    await service[RevokeSessionHandler](RevokeSession(session_id=second.session_id), admin)
    await service[LogoutAllHandler](LogoutAll(user_id=ann.id), admin)

    entries = noted(service)[-3:]
    assert [(each.event, each.actor_id, each.subject) for each in entries] == [
        (SecurityEvent.SIGNED_OUT, ann.id, str(first.session_id)),
        (SecurityEvent.SESSION_REVOKED, root.id, str(second.session_id)),
        (SecurityEvent.SESSIONS_REVOKED, root.id, None),
    ]
    assert {each.target_id for each in entries} == {ann.id}


async def test_an_import_is_one_entry(service: Service) -> None:
    file = rows_of({"email": "a@example.com"}, {"email": "b@example.com"})
    await service[ImportUsersHandler](ImportUsers(rows=file, report=print), SYSTEM)

    [entry] = noted(service)
    assert (entry.event, entry.details) == (SecurityEvent.ACCOUNTS_IMPORTED, {"accounts": 2})


async def test_a_refusal_is_noted_on_whoever_was_refused(service: Service) -> None:
    ann = an_actor()
    command = RecordRefusal(code="permission_denied", subject="list_users")

    for _ in range(25):
        await service[RecordRefusalHandler](command, ann)

    entries = noted(service)
    assert len(entries) == 10
    assert (entries[0].target_id, entries[0].subject) == (ann.user_id, "list_users")
    await service[RecordRefusalHandler](command, an_actor())
    assert noted(service)[-1].details == {"code": "permission_denied", "left_out": 15}


async def test_owners_see_their_own_history_and_nothing_of_an_administrator(
    service: Service,
) -> None:
    await service.add(ann := a_user(), bob := a_user(), root := a_user(is_superuser=True))
    await refused(service, ann.email, "wrong horse")
    here = await service.actor(await service.sign_in(ann))
    await service.sign_in(bob)
    admin = an_actor(user_id=root.id, is_superuser=True).calling_from(
        lambda: Origin(address="198.51.100.1", user_agent="Admin/1")
    )
    await service[LogoutAllHandler](LogoutAll(user_id=ann.id), admin)

    page = await service[ListSecurityEventsHandler](ListSecurityEvents(), here)

    assert {(each.event, each.by, each.address) for each in page.items} == {
        ("sign_in_refused", "somebody not signed in", "203.0.113.9"),
        ("signed_in", "you", None),
        ("sessions_revoked", "an administrator", None),
    }
    assert "198.51.100.1" not in repr(page)
    assert str(root.id) not in repr(page)


@pytest.mark.parametrize("actor", [ANONYMOUS, SYSTEM], ids=["stranger", "system"])
async def test_who_is_no_user_has_no_history(service: Service, actor: Actor) -> None:
    with pytest.raises(NotAuthenticated):
        await service[ListSecurityEventsHandler](ListSecurityEvents(), actor)


async def test_the_trail_is_for_who_may_read_it(service: Service) -> None:
    with pytest.raises(PermissionDenied):
        await service[ListAuditHandler](ListAudit(), an_actor())
    page = await service[ListAuditHandler](ListAudit(), an_actor(Permission.AUDIT_READ))
    assert page.items == []
