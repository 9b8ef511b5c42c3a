"""Who calls: made by the real use cases, and signed in as everybody is."""

import attrs

from application.access.create_role import CreateRole, CreateRoleHandler
from application.users.register_user import RegisterUser, RegisterUserHandler
from application.users.views import UserView
from domain.access import ADMIN, MEMBER, SYSTEM, Permission, RoleName
from domain.passwords import Password
from domain.text import Json
from tests.builders import numbers
from tests.http.client import Answer, Client

PASSWORD = "correct horse battery staple"
OTHER_PASSWORD = "seventeen purple umbrellas"


@attrs.frozen(kw_only=True)
class Caller(Client):
    """A client that is signed in, and what its owner knows."""

    user_id: str
    email: str
    username: str
    refresh_token: str = attrs.field(repr=False)
    password: str = attrs.field(default=PASSWORD, repr=False)

    @property
    def path(self) -> str:
        return f"/users/{self.user_id}"


async def sign_in(client: Client, name: str, password: str = PASSWORD) -> Caller:
    """Another session of whoever is called so."""
    tokens = await client.bearing(None).post(
        "/auth/login", form={"username": name, "password": password}
    )
    assert tokens.status == 200
    access_token = tokens.text("access_token")
    signed_in = client.bearing(access_token)
    user = await signed_in.get("/users/me")
    return Caller(
        http=client.http,
        contract=client.contract,
        inside=client.inside,
        token=access_token,
        user_id=user.text("id"),
        email=user.text("email"),
        username=user.text("username"),
        refresh_token=tokens.text("refresh_token"),
        password=password,
    )


async def register(
    client: Client, *roles: RoleName, is_superuser: bool = False, is_active: bool = True
) -> UserView:
    number = next(numbers)
    return await client.inside.services[RegisterUserHandler](
        RegisterUser(
            email=f"ann-{number}@example.com",
            password=Password(PASSWORD),
            full_name="Ann Example",
            is_active=is_active,
            is_superuser=is_superuser,
            roles=roles,
        ),
        SYSTEM,
    )


async def as_member(client: Client) -> Caller:
    """What everyone is who signs up."""
    return await sign_in(client, (await register(client, MEMBER)).email)


async def as_admin(client: Client) -> Caller:
    return await sign_in(client, (await register(client, ADMIN)).email)


async def as_superuser(client: Client) -> Caller:
    return await sign_in(client, (await register(client, is_superuser=True)).email)


async def as_holder_of(client: Client, *permissions: Permission) -> Caller:
    """Someone with exactly these permissions."""
    name = RoleName(f"holder-{next(numbers)}")
    command = CreateRole(name=name, permissions=permissions)
    await client.inside.services[CreateRoleHandler](command, SYSTEM)
    return await sign_in(client, (await register(client, name)).email)


async def with_api_key(caller: Caller, *permissions: Permission) -> Client:
    """A program in the caller's place, for these permissions."""
    body = {"name": "A program", "permissions": list(permissions)}
    key = await caller.post("/auth/api-keys", json=body)
    assert key.status == 201
    return caller.bearing(key.text("key"))


async def sign_up(client: Client, email: str = "ada@example.com", **fields: Json) -> Answer:
    return await client.post("/users", json={"email": email, "password": PASSWORD, **fields})
