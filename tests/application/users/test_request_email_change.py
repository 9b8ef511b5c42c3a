"""Moving an account to another address."""

import pytest

from application.auth.verify_email import VerifyEmail, VerifyEmailHandler
from application.users.ports import PasswordHasher
from application.users.request_email_change import (
    RequestEmailChange,
    RequestEmailChangeHandler,
)
from domain.access import ANONYMOUS, ApiKeyId, NotAuthenticated, PermissionDenied
from domain.errors import Invalid
from domain.one_time_tokens import InvalidToken, TokenPurpose
from domain.passwords import Password, WrongPassword
from domain.users import EmailTaken, User
from tests.application.mails import addressed, events, mails, text_of, token_in
from tests.application.meddling import MeddlingHasher
from tests.application.service import Service
from tests.builders import LATER, a_one_time_token, a_user, an_actor, new_id

KNOWN = Password("correct horse")


async def ask_for(service: Service, user: User, new_email: str, password: Password = KNOWN) -> None:
    await service[RequestEmailChangeHandler](
        RequestEmailChange(new_email=new_email, password=password), an_actor(user_id=user.id)
    )


async def confirm(service: Service, token: str) -> None:
    await service[VerifyEmailHandler](VerifyEmail(token=token), ANONYMOUS)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user(email="old@example.com", email_verified=False))
    return ann


async def test_both_addresses_are_written_to(service: Service, ann: User) -> None:
    await ask_for(service, ann, "New@Example.com")

    confirmation, told = mails(service)
    assert (confirmation.to, confirmation.template) == ("New@Example.com", "confirm_email")
    assert confirmation.link is not None
    assert confirmation.link.purpose is TokenPurpose.CONFIRM_EMAIL
    assert (told.to, told.template) == ("old@example.com", "email_change_requested")
    assert told.link is not None
    assert told.link.purpose is TokenPurpose.NOT_ME
    assert events(service) == ["email_change_requested"]


async def test_nothing_changes_before_the_new_address_is_confirmed(
    service: Service, ann: User
) -> None:
    await ask_for(service, ann, "new@example.com")

    assert service.user(ann) == ann


async def test_it_counts_and_is_verified_once_it_is_confirmed(service: Service, ann: User) -> None:
    await ask_for(service, ann, "New@Example.com")

    await confirm(service, token_in(mails(service)[0]))

    changed = service.user(ann)
    assert (changed.email, changed.email_verified) == ("New@Example.com", True)
    assert addressed(service)[-1] == ("old@example.com", "email_changed")
    assert events(service) == ["email_change_requested", "email_changed"]


async def test_links_that_were_mailed_to_the_old_address_end(service: Service, ann: User) -> None:
    old = [
        a_one_time_token(
            user_id=ann.id, purpose=purpose, email=ann.email, expires_at=service.clock.now()
        )
        for purpose in (TokenPurpose.RESET_PASSWORD, TokenPurpose.VERIFY_EMAIL)
    ]
    await service.add(*old)
    await ask_for(service, ann, "new@example.com")

    await confirm(service, token_in(mails(service)[0]))

    assert [service.stored.one_time_tokens.find(token.id) for token in old] == [None, None]


async def test_only_the_last_address_asked_for_can_be_confirmed(
    service: Service, ann: User
) -> None:
    await ask_for(service, ann, "first@example.com")
    await ask_for(service, ann, "second@example.com")
    first, _, second, _ = mails(service)

    with pytest.raises(InvalidToken):
        await confirm(service, token_in(first))
    await confirm(service, token_in(second))
    assert service.user(ann).email == "second@example.com"


@pytest.mark.parametrize("deleted_at", [None, LATER], ids=["live", "deleted"])
async def test_whoever_has_the_address_is_told_and_the_asker_is_not(
    service: Service, ann: User, deleted_at: None
) -> None:
    await service.add(a_user(email="Taken@Example.com", deleted_at=deleted_at))

    await ask_for(service, ann, "taken@example.com")

    assert addressed(service) == [
        ("Taken@Example.com", "email_taken"),
        ("old@example.com", "email_change_requested"),
    ]
    assert mails(service)[0].link is None


async def test_an_address_that_was_taken_meanwhile_stays_its_holders(
    service: Service, ann: User
) -> None:
    await ask_for(service, ann, "new@example.com")
    await service.add(a_user(email="new@example.com"))
    token = token_in(mails(service)[0])

    with pytest.raises(EmailTaken):
        await confirm(service, token)

    assert service.user(ann).email == "old@example.com"
    assert events(service) == ["email_change_requested"]


async def test_ones_own_address_may_be_spelled_anew(service: Service, ann: User) -> None:
    await ask_for(service, ann, "Old@Example.com")

    await confirm(service, token_in(mails(service)[0]))

    assert service.user(ann).email == "Old@Example.com"


async def test_a_wrong_password_changes_nothing(service: Service, ann: User) -> None:
    with pytest.raises(WrongPassword):
        await ask_for(service, ann, "new@example.com", Password("wrong horse"))

    assert mails(service) == []


async def test_a_password_that_changes_meanwhile_is_wrong(service: Service, ann: User) -> None:
    async def change_it_elsewhere() -> None:
        async with service.database() as uow:
            user = await uow.users.get(ann.id)
            user.change_password("plain:changed elsewhere", at=service.clock.now())
            await uow.users.save(user)
            await uow.commit()

    service.use(PasswordHasher, MeddlingHasher(change_it_elsewhere))

    with pytest.raises(WrongPassword):
        await ask_for(service, ann, "new@example.com")
    assert mails(service) == []


async def test_what_is_no_address_is_refused(service: Service, ann: User) -> None:
    with pytest.raises(Invalid):
        await ask_for(service, ann, "new")


async def test_only_a_user_in_person_has_an_address_to_change(service: Service, ann: User) -> None:
    ask = RequestEmailChange(new_email="new@example.com", password=KNOWN)
    program = an_actor(user_id=ann.id, api_key_id=ApiKeyId(new_id()))

    with pytest.raises(NotAuthenticated):
        await service[RequestEmailChangeHandler](ask, ANONYMOUS)
    with pytest.raises(PermissionDenied):
        await service[RequestEmailChangeHandler](ask, program)


async def test_a_spent_confirmation_confirms_nothing(service: Service, ann: User) -> None:
    token = a_one_time_token(
        user_id=ann.id,
        purpose=TokenPurpose.CONFIRM_EMAIL,
        email="new@example.com",
        spent_at=service.clock.now(),
    )
    await service.add(token)

    with pytest.raises(InvalidToken):
        await confirm(service, text_of(token))
