"""Deleted accounts: their days of grace, their return, and their end."""

import json
from datetime import datetime, timedelta

import attrs
import pytest

from adapters.memory.security import PlainOneTimeTokenSecrets
from application.audit.seal_audit import SealAuditHandler
from application.audit.verify_audit import VerifyAudit, VerifyAuditHandler
from application.auth.login import Login, LoginHandler
from application.auth.report_not_me import ReportNotMe, ReportNotMeHandler
from application.mail.send_mail import SendMail
from application.users.delete_own_account import DeleteOwnAccount, DeleteOwnAccountHandler
from application.users.delete_user import DeleteUser, DeleteUserHandler
from application.users.purge_accounts import DeletionGrace, PurgeAccountsHandler
from application.users.restore_user import RestoreUser, RestoreUserHandler
from domain.access import ANONYMOUS, SYSTEM, Actor, Origin
from domain.audit import AuditEntry, SecurityEvent
from domain.auth import InvalidCredentials
from domain.errors import DomainError, Unavailable
from domain.passwords import Password
from domain.users import EmailTaken, InactiveUser, User
from tests.application.service import Service
from tests.builders import a_session, a_user, an_actor, an_api_key

PASSWORD = Password("correct horse")
DAY = timedelta(days=1)
HERE = Origin(address="203.0.113.9", user_agent="curl/8")


async def delete_oneself(service: Service, user: User) -> None:
    actor = an_actor(user_id=user.id).calling_from(lambda: HERE)
    await service[DeleteOwnAccountHandler](DeleteOwnAccount(password=PASSWORD), actor)


async def sign_in(service: Service, user: User, password: Password = PASSWORD) -> None:
    login = Login(name=user.email, password=password)
    await service[LoginHandler](login, ANONYMOUS.calling_from(lambda: HERE))


async def purge(service: Service) -> int:
    return await service[PurgeAccountsHandler](SYSTEM)


def events(service: Service) -> list[str]:
    return [entry.event for entry in trail(service)]


def trail(service: Service) -> list[AuditEntry]:
    return sorted(service.stored.audit.scan(), key=lambda entry: entry.id)


def mails(service: Service) -> list[SendMail]:
    payloads = [job.payload for job in service.stored.jobs.scan()]
    return [payload for payload in payloads if isinstance(payload, SendMail)]


async def test_the_owner_is_told_until_when_it_can_be_taken_back(service: Service) -> None:
    service.use(DeletionGrace, DeletionGrace(3 * DAY))
    await service.add(ann := a_user())

    await delete_oneself(service, ann)

    [mail] = mails(service)
    assert (mail.template, mail.to) == ("deletion_requested", ann.email)
    until = service.clock.now() + 3 * DAY
    assert mail.values["purged_after"] == until.isoformat(timespec="seconds")


async def test_signing_in_takes_it_back(service: Service) -> None:
    await service.add(ann := a_user())
    await delete_oneself(service, ann)
    service.clock.advance(13 * DAY)
    assert await purge(service) == 0

    await sign_in(service, ann)

    assert service.user(ann).deleted_at is None
    assert events(service)[-2:] == [SecurityEvent.DELETION_CANCELLED, SecurityEvent.SIGNED_IN]
    assert mails(service)[-1].template == "deletion_cancelled"
    service.clock.advance(20 * DAY)
    assert await purge(service) == 0


async def test_whoever_did_not_do_it_takes_it_back_by_the_link_in_the_mail(
    service: Service,
) -> None:
    await service.add(ann := a_user())
    await delete_oneself(service, ann)
    link = mails(service)[-1].link
    assert link is not None
    token = PlainOneTimeTokenSecrets().text_of(link.purpose, link.token_id)

    await service[ReportNotMeHandler](ReportNotMe(token=token), ANONYMOUS)

    assert service.user(ann).deleted_at is None
    assert SecurityEvent.DELETION_CANCELLED in events(service)


async def test_nothing_but_the_right_password_takes_it_back(service: Service) -> None:
    await service.add(ann := a_user())
    await delete_oneself(service, ann)

    with pytest.raises(InvalidCredentials):
        await sign_in(service, ann, Password("wrong horse"))

    assert service.user(ann).deleted_at is not None


async def test_whoever_was_deactivated_does_not_come_back(service: Service) -> None:
    await service.add(ann := a_user())
    await delete_oneself(service, ann)
    async with service.database() as uow:
        user = await uow.users.get_deleted(ann.id)
        user.deactivate(at=service.clock.now())
        await uow.users.save(user)
        await uow.commit()

    with pytest.raises(InactiveUser):
        await sign_in(service, ann)
    assert service.user(ann).deleted_at is not None


async def test_what_an_administrator_deletes_no_sign_in_brings_back(service: Service) -> None:
    await service.add(ann := a_user())
    await service[DeleteUserHandler](DeleteUser(user_id=ann.id), SYSTEM)

    with pytest.raises(InvalidCredentials):
        await sign_in(service, ann)

    restored = await service[RestoreUserHandler](RestoreUser(user_id=ann.id), SYSTEM)
    assert restored.id == ann.id
    await sign_in(service, ann)


async def test_an_administrator_restores_what_its_owner_deleted(service: Service) -> None:
    await service.add(ann := a_user())
    await delete_oneself(service, ann)

    await service[RestoreUserHandler](RestoreUser(user_id=ann.id), SYSTEM)

    assert not service.user(ann).deleted_by_owner
    await sign_in(service, ann)


@pytest.mark.parametrize("by_owner", [True, False])
async def test_after_the_grace_nothing_is_left(service: Service, by_owner: bool) -> None:
    await service.add(ann := a_user(), bob := a_user())
    await service.add(
        an_api_key(user_id=ann.id),
        kept := an_api_key(user_id=bob.id),
        a_session(user_id=ann.id),
    )
    await service.sign_in(ann)
    if by_owner:
        await delete_oneself(service, ann)
    else:
        await service[DeleteUserHandler](DeleteUser(user_id=ann.id), SYSTEM)
    with pytest.raises(EmailTaken):
        await service.add(a_user(email=ann.email))
    service.clock.advance(14 * DAY + timedelta(seconds=1))

    assert await purge(service) == 1

    stored = service.stored
    assert [user.id for user in stored.users.scan()] == [bob.id]
    assert [key.id for key in stored.api_keys.scan()] == [kept.id]
    assert not list(stored.sessions.scan())
    assert not list(stored.refresh_tokens.scan())
    await service.add(a_user(email=ann.email, username=ann.username))


async def test_the_trail_forgets_who_it_was_and_stays_whole(service: Service) -> None:
    await service.add(ann := a_user(), root := a_user(is_superuser=True))
    with pytest.raises(InvalidCredentials):
        await sign_in(service, ann, Password("wrong horse"))
    await sign_in(service, ann)
    service.clock.advance(DAY)
    await service[SealAuditHandler](SYSTEM)
    admin = an_actor(user_id=root.id, is_superuser=True).calling_from(
        lambda: Origin(address="198.51.100.1")
    )
    await service[DeleteUserHandler](DeleteUser(user_id=ann.id), admin)
    service.clock.advance(15 * DAY)

    await purge(service)

    kept = json.dumps([attrs.asdict(entry) for entry in trail(service)], default=str)
    for gone in (str(ann.id), ann.email, "203.0.113.9", "curl/8"):
        assert gone not in kept
    # What the administrator did is still theirs.
    assert "198.51.100.1" in kept
    assert str(root.id) in kept
    purged = trail(service)[-1]
    assert (purged.event, purged.details) == (SecurityEvent.ACCOUNTS_PURGED, {"accounts": 1})
    service.clock.advance(DAY)
    await service[SealAuditHandler](SYSTEM)
    verified = await service[VerifyAuditHandler](VerifyAudit(report=print), SYSTEM)
    assert (verified.flaws, verified.unsealed, verified.sealed) == (0, 0, len(trail(service)))
    changed = attrs.evolve(trail(service)[0], event="signed_out")
    service.stored.audit.replace(changed)
    verified = await service[VerifyAuditHandler](VerifyAudit(report=print), SYSTEM)
    assert verified.flaws == 1


@attrs.define
class BreakingClock:
    """Stands still, and breaks as the third batch is to begin."""

    moment: datetime
    asked: int = 0

    def now(self) -> datetime:
        self.asked += 1
        if self.asked == 3:
            raise Unavailable
        return self.moment


async def test_many_go_a_batch_at_a_time_and_what_was_broken_off_is_taken_up_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.users.purge_accounts.ACCOUNTS_AT_ONCE", 3)
    now = service.clock.now()
    users = [a_user(deleted_at=now - 15 * DAY) for _ in range(10)]
    await service.add(*users, *(a_session(user_id=user.id) for user in users))
    handler = service[PurgeAccountsHandler]
    breaking = attrs.evolve(handler, clock=BreakingClock(now))

    with pytest.raises(Unavailable):
        await breaking(SYSTEM)
    assert len(list(service.stored.users.scan())) == 4

    assert await purge(service) == 4
    assert not list(service.stored.users.scan())
    assert not list(service.stored.sessions.scan())


async def test_there_may_be_no_grace_at_all(service: Service) -> None:
    service.use(DeletionGrace, DeletionGrace(timedelta(0)))
    await service.add(ann := a_user())
    await delete_oneself(service, ann)
    service.clock.advance(timedelta(microseconds=1))

    assert await purge(service) == 1


@pytest.mark.parametrize("actor", [ANONYMOUS, an_actor()], ids=["stranger", "user"])
async def test_not_everyone_purges(service: Service, actor: Actor) -> None:
    with pytest.raises(DomainError):
        await service[PurgeAccountsHandler](actor)
