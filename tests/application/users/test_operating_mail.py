"""What an operator does about an account's address."""

import pytest

from application.auth.reset_password import ResetPassword, ResetPasswordHandler
from application.auth.sweep_one_time_tokens import SweepOneTimeTokens, SweepOneTimeTokensHandler
from application.users.send_password_reset import SendPasswordReset, SendPasswordResetHandler
from application.users.vouch_for_email import VouchForEmail, VouchForEmailHandler
from domain.access import SYSTEM, Permission, PermissionDenied
from domain.jobs import Job, JobId
from domain.passwords import Password
from domain.users import InactiveUser, UserNotFound
from tests.application.mails import events, mails, token_in
from tests.application.service import Service
from tests.builders import LATER, a_one_time_token, a_user, an_actor, new_id


async def test_an_operator_vouches_for_an_address(service: Service) -> None:
    await service.add(ann := a_user(email_verified=False))

    await service[VouchForEmailHandler](VouchForEmail(user_id=ann.id), SYSTEM)
    await service[VouchForEmailHandler](VouchForEmail(user_id=ann.id), SYSTEM)

    assert service.user(ann).email_verified
    assert events(service) == ["email_verified"]
    assert mails(service) == []


async def test_an_operator_has_an_imported_account_sent_the_way_to_its_first_password(
    service: Service,
) -> None:
    await service.add(ann := a_user(password_hash=None, email_verified=False))

    await service[SendPasswordResetHandler](SendPasswordReset(user_id=ann.id), SYSTEM)

    [mail] = mails(service)
    assert (mail.to, mail.template) == (ann.email, "reset_password")
    await service[ResetPasswordHandler](
        ResetPassword(token=token_in(mail), new_password=Password("battery staple")), SYSTEM
    )
    assert service.user(ann).password_hash == "plain:battery staple"


async def test_who_could_not_use_a_link_is_sent_none(service: Service) -> None:
    await service.add(inactive := a_user(is_active=False), deleted := a_user(deleted_at=LATER))

    with pytest.raises(InactiveUser):
        await service[SendPasswordResetHandler](SendPasswordReset(user_id=inactive.id), SYSTEM)
    with pytest.raises(UserNotFound):
        await service[SendPasswordResetHandler](SendPasswordReset(user_id=deleted.id), SYSTEM)
    assert mails(service) == []


async def test_no_permission_will_do(service: Service) -> None:
    await service.add(ann := a_user())
    admin = an_actor(*Permission)

    with pytest.raises(PermissionDenied):
        await service[VouchForEmailHandler](VouchForEmail(user_id=ann.id), admin)
    with pytest.raises(PermissionDenied):
        await service[SendPasswordResetHandler](SendPasswordReset(user_id=ann.id), admin)


async def test_old_tokens_are_swept(service: Service) -> None:
    ann = a_user()
    now = service.clock.now()
    old = a_one_time_token(user_id=ann.id, expires_at=now)
    young = a_one_time_token(user_id=ann.id, expires_at=now.replace(hour=13))
    await service.add(ann, old, young)
    sweep = SweepOneTimeTokens()
    job = Job(id=JobId(new_id()), kind=sweep.kind, queue=sweep.queue, created_at=now, due_at=now)

    await service[SweepOneTimeTokensHandler](sweep, job)

    assert list(service.stored.one_time_tokens.scan()) == [young]
