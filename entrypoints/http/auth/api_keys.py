"""Personal API keys over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from application.access.create_api_key import CreateApiKey, CreateApiKeyHandler
from application.access.list_api_keys import ListApiKeys, ListApiKeysHandler
from application.access.revoke_api_key import RevokeApiKey, RevokeApiKeyHandler
from application.access.views import ApiKeyView, IssuedApiKey
from application.paging import Page as PageOfViews
from domain.access import ApiKeyId, EmailNotVerified, Permission
from domain.api_keys import MAX_API_KEY_NAME_LENGTH, ApiKeyNotFound, TooManyApiKeys
from domain.auth import ReauthenticationRequired
from domain.passwords import Password, WrongPassword
from entrypoints.http.access import PermissionName
from entrypoints.http.routing import API_V1_STR, IN_PERSON, declared, router_of
from entrypoints.http.schemas import (
    Body,
    Id,
    KnownPassword,
    Moment,
    Name,
    Page,
    PageQuery,
    Shape,
)
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("auth", prefix=f"{API_V1_STR}/auth")


class NewApiKey(Body):
    name: Annotated[
        Name,
        Field(max_length=MAX_API_KEY_NAME_LENGTH, examples=["Nightly import"]),
    ]
    permissions: Annotated[
        list[PermissionName],
        Field(
            min_length=1,
            max_length=200,
            description="What it is for: never more than its owner may do.",
            examples=[["users:read"]],
        ),
    ]
    expires_at: Moment | None = Field(
        default=None,
        description="Until it is deleted, if absent.",
        examples=["2030-01-01T00:00:00Z"],
    )
    password: KnownPassword | None = Field(
        default=None, description="Wanted where the sign-in is older than five minutes."
    )


class ApiKeyShape(Shape):
    id: Id
    name: str
    prefix: str = Field(description="How the key begins.")
    permissions: list[Permission]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class IssuedApiKeyShape(ApiKeyShape):
    key: str = Field(description="Shown this once; keep it secret.")


@router.get(
    "/api-keys",
    response_model=Page[ApiKeyShape],
    summary="List API keys",
    **declared(IN_PERSON),
)
async def list_api_keys(
    query: PageQuery, actor: CurrentActor, list_: Inject[ListApiKeysHandler]
) -> PageOfViews[ApiKeyView]:
    """The caller's own, those past their time too. Sorts by `created_at` and `name`."""
    return await list_(ListApiKeys(owner_id=actor.require_account(), page=query.page()), actor)


@router.post(
    "/api-keys",
    status_code=201,
    response_model=IssuedApiKeyShape,
    summary="Create an API key",
    **declared(
        IN_PERSON,
        EmailNotVerified,
        WrongPassword,
        ReauthenticationRequired,
        TooManyApiKeys,
        repeatable=True,
    ),
)
async def create_api_key(
    body: NewApiKey, response: Response, actor: CurrentActor, create: Inject[CreateApiKeyHandler]
) -> IssuedApiKey:
    """For a program to act in the caller's place: with the permissions named, as far as the
    caller holds them at that moment, and never with credentials or the account itself."""
    key = await create(
        CreateApiKey(
            name=body.name,
            permissions=body.permissions,
            expires_at=body.expires_at,
            password=None if body.password is None else Password(body.password),
        ),
        actor,
    )
    response.headers["Location"] = f"{API_V1_STR}/auth/api-keys/{key.id}"
    return key


@router.delete(
    "/api-keys/{key_id}",
    status_code=204,
    summary="Delete an API key",
    **declared(IN_PERSON, ApiKeyNotFound),
)
async def revoke_api_key(
    key_id: UUID, actor: CurrentActor, revoke: Inject[RevokeApiKeyHandler]
) -> None:
    """It is refused from the next request on."""
    await revoke(RevokeApiKey(key_id=ApiKeyId(key_id)), actor)
