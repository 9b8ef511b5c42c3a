"""Puts what a test needs where its use cases find it."""

from typing import TypeAlias

from application.unit_of_work import BeginUnitOfWork
from domain.access import Role
from domain.api_keys import ApiKey
from domain.auth import RefreshToken, Session
from domain.files import Attachment
from domain.idempotency import KeptAnswer
from domain.items import Item
from domain.one_time_tokens import OneTimeToken
from domain.totp import Totp
from domain.users import User

Entity: TypeAlias = (
    User | Role | Session | RefreshToken | OneTimeToken | ApiKey | Totp | Item | Attachment
)


async def store(begin: BeginUnitOfWork, *entities: Entity) -> None:  # noqa: C901 - a kind to a line
    """Together and in this order: owners come before what they own."""
    async with begin() as uow:
        for entity in entities:
            match entity:
                case User():
                    await uow.users.add(entity)
                case Role():
                    await uow.roles.add(entity)
                case Session():
                    await uow.sessions.add(entity)
                case RefreshToken():
                    await uow.refresh_tokens.add(entity)
                case OneTimeToken():
                    await uow.one_time_tokens.add(entity)
                case ApiKey():
                    await uow.api_keys.add(entity)
                case Totp():
                    await uow.totps.put(entity)
                case Item():
                    await uow.items.add(entity)
                case Attachment():
                    await uow.attachments.add(entity)
        await uow.commit()


async def keep(begin: BeginUnitOfWork, *answers: KeptAnswer) -> None:
    async with begin() as uow:
        for answer in answers:
            await uow.kept_answers.add(answer)
        await uow.commit()
