"""Puts what a test needs where its use cases find it."""

from functools import singledispatch

from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Role
from domain.api_keys import ApiKey
from domain.attachments import Attachment
from domain.auth import RefreshToken, Session
from domain.idempotency import KeptAnswer
from domain.items import Item
from domain.one_time_tokens import OneTimeToken
from domain.totp import Totp
from domain.users import User


async def store(begin: BeginUnitOfWork, *entities: object) -> None:
    """Together and in this order: owners come before what they own."""
    async with begin() as uow:
        for entity in entities:
            await add(entity, uow)
        await uow.commit()


async def keep(begin: BeginUnitOfWork, *answers: KeptAnswer) -> None:
    async with begin() as uow:
        for answer in answers:
            await uow.kept_answers.add(answer)
        await uow.commit()


@singledispatch
async def add(entity: object, _: UnitOfWork) -> None:
    raise TypeError(f"there is no repository for {type(entity).__name__}")


@add.register
async def _(user: User, uow: UnitOfWork) -> None:
    await uow.users.add(user)


@add.register
async def _(role: Role, uow: UnitOfWork) -> None:
    await uow.roles.add(role)


@add.register
async def _(session: Session, uow: UnitOfWork) -> None:
    await uow.sessions.add(session)


@add.register
async def _(token: RefreshToken, uow: UnitOfWork) -> None:
    await uow.refresh_tokens.add(token)


@add.register
async def _(token: OneTimeToken, uow: UnitOfWork) -> None:
    await uow.one_time_tokens.add(token)


@add.register
async def _(key: ApiKey, uow: UnitOfWork) -> None:
    await uow.api_keys.add(key)


@add.register
async def _(totp: Totp, uow: UnitOfWork) -> None:
    await uow.totps.put(totp)


@add.register
async def _(item: Item, uow: UnitOfWork) -> None:
    await uow.items.add(item)


@add.register
async def _(attachment: Attachment, uow: UnitOfWork) -> None:
    await uow.attachments.add(attachment)
