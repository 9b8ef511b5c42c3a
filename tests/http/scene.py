"""One of each thing, and a good request for every route, for what has to hold on all of them."""

from collections.abc import Callable, Mapping

import attrs

from application.access.create_role import CreateRole, CreateRoleHandler
from domain.access import SYSTEM
from domain.one_time_tokens import TokenPurpose
from tests.http.authenticator import asked_for_a_code, has_app, shown_code
from tests.http.callers import OTHER_PASSWORD, PASSWORD, Caller, as_member
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Contract, Operation
from tests.http.mailed import mailed_token
from tests.http.uploads import MULTIPART, a_form, attach

SPARE = "spare"
"""A role that grants nothing and that nobody holds."""

A_KEY = {
    "name": "Nightly import",
    "permissions": ["items:create", "items:read", "items:update", "items:delete"],
}


@attrs.frozen(kw_only=True)
class Scene:
    client: Client
    owner: Caller
    item_id: str
    attachment_id: str
    session_id: str
    api_key_id: str
    api_key: str
    """The owner's, for all that a member may do with items."""
    tokens: Mapping[TokenPurpose, str]
    """As the owner finds them in their mail."""
    mfa_token: str = ""


WITH_AN_APP = {"login_mfa", "renew_recovery_codes", "turn_off_totp"}
WITH_AN_APP_TO_CONFIRM = {"confirm_totp"}


async def a_scene(client: Client, operation: Operation | None = None) -> Scene:
    """Whose owner has what the operation is about, and nobody else has."""
    scene = await _a_scene(client)
    name = "" if operation is None else str(operation.definition["operationId"])
    if name in WITH_AN_APP | WITH_AN_APP_TO_CONFIRM:
        await has_app(scene.owner, is_on=name in WITH_AN_APP)
    if name == "login_mfa":
        return attrs.evolve(scene, mfa_token=await asked_for_a_code(scene.owner))
    return scene


async def _a_scene(client: Client) -> Scene:
    await client.inside.services[CreateRoleHandler](CreateRole(name=SPARE), SYSTEM)
    owner = await as_member(client)
    item = await owner.post("/items", json={"title": "Lamp"})
    attachment = await attach(owner, item["id"])
    sessions = await owner.get("/auth/sessions")
    key = await owner.post("/auth/api-keys", json=A_KEY)
    return Scene(
        client=client,
        owner=owner,
        item_id=item.text("id"),
        attachment_id=attachment.text("id"),
        session_id=str(sessions.items[0]["id"]),
        api_key_id=key.text("id"),
        api_key=key.text("key"),
        tokens={purpose: await mailed_token(owner, purpose) for purpose in TokenPurpose},
    )


@attrs.frozen
class Good:
    """A request that succeeds for whoever may make it."""

    path: str
    json: object = None
    form: Mapping[str, str] | None = None
    csv: str | None = None
    file: bytes | None = None

    async def by(
        self, caller: Client, operation: Operation, headers: Mapping[str, str] | None = None
    ) -> Answer:
        content = None
        if self.csv is not None:
            content, headers = self.csv.encode(), {"Content-Type": "text/csv", **(headers or {})}
        if self.file is not None:
            content, headers = a_form(self.file), {**MULTIPART, **(headers or {})}
        return await caller.request(
            operation.method,
            self.path,
            json=self.json,
            form=self.form,
            content=content,
            headers=headers,
        )


def operations_of(contract: Contract) -> dict[str, Operation]:
    """By their operation ids."""
    return {str(each.definition["operationId"]): each for each in contract.operations}


def good_request(operation: Operation, scene: Scene) -> Good:
    return GOOD_REQUESTS[str(operation.definition["operationId"])](scene)


def _attachment(scene: Scene) -> str:
    return f"/items/{scene.item_id}/attachments/{scene.attachment_id}"


GOOD_REQUESTS: Mapping[str, Callable[[Scene], Good]] = {
    "greet": lambda _: Good(f"{ROOT}/"),
    "health": lambda _: Good(f"{ROOT}/health"),
    "live": lambda _: Good(f"{ROOT}/health/live"),
    "ready": lambda _: Good(f"{ROOT}/health/ready"),
    "explain_problem": lambda _: Good(f"{ROOT}/problems/conflict"),
    "login": lambda scene: Good(
        "/auth/login", form={"username": scene.owner.email, "password": PASSWORD}
    ),
    "login_mfa": lambda scene: Good(
        "/auth/login/mfa", json={"mfa_token": scene.mfa_token, "code": shown_code()}
    ),
    "get_mfa": lambda _: Good("/auth/mfa"),
    "set_up_totp": lambda _: Good("/auth/mfa/totp", json={"password": None}),
    "confirm_totp": lambda _: Good("/auth/mfa/totp/confirm", json={"code": shown_code()}),
    "turn_off_totp": lambda _: Good("/auth/mfa/totp", json={"password": PASSWORD}),
    "renew_recovery_codes": lambda _: Good("/auth/mfa/recovery-codes", json={"password": None}),
    "refresh": lambda scene: Good(
        "/auth/refresh", json={"refresh_token": scene.owner.refresh_token}
    ),
    "get_tokens": lambda scene: Good(
        "/auth/token",
        form={"grant_type": "password", "username": scene.owner.email, "password": PASSWORD},
    ),
    "introspect_token": lambda scene: Good(
        "/auth/introspect", form={"token": scene.owner.refresh_token}
    ),
    "revoke_token": lambda scene: Good("/auth/revoke", form={"token": scene.owner.refresh_token}),
    "list_signing_keys": lambda _: Good(f"{ROOT}/.well-known/jwks.json"),
    "describe_server": lambda _: Good(f"{ROOT}/.well-known/oauth-authorization-server"),
    "logout": lambda _: Good("/auth/logout"),
    "logout_all": lambda _: Good("/auth/logout-all"),
    "list_sessions": lambda _: Good("/auth/sessions"),
    "revoke_session": lambda scene: Good(f"/auth/sessions/{scene.session_id}"),
    "request_password_reset": lambda scene: Good(
        "/auth/password/forgot", json={"email": scene.owner.email}
    ),
    "reset_password": lambda scene: Good(
        "/auth/password/reset",
        json={
            "token": scene.tokens[TokenPurpose.RESET_PASSWORD],
            "new_password": OTHER_PASSWORD,
        },
    ),
    "request_verification": lambda _: Good("/auth/verify-email/request"),
    "verify_email": lambda scene: Good(
        "/auth/verify-email", json={"token": scene.tokens[TokenPurpose.VERIFY_EMAIL]}
    ),
    "report_not_me": lambda scene: Good(
        "/auth/not-me", json={"token": scene.tokens[TokenPurpose.NOT_ME]}
    ),
    "list_api_keys": lambda _: Good("/auth/api-keys"),
    "create_api_key": lambda _: Good("/auth/api-keys", json=A_KEY),
    "revoke_api_key": lambda scene: Good(f"/auth/api-keys/{scene.api_key_id}"),
    "register_user": lambda _: Good(
        "/users", json={"email": "new@example.com", "password": PASSWORD}
    ),
    "list_users": lambda _: Good("/users"),
    "get_me": lambda _: Good("/users/me"),
    "update_me": lambda _: Good("/users/me", json={"full_name": "Ann"}),
    "delete_me": lambda _: Good("/users/me", json={"password": PASSWORD}),
    "change_password": lambda _: Good(
        "/users/me/password", json={"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    ),
    "request_email_change": lambda _: Good(
        "/users/me/email", json={"new_email": "new@example.com", "password": PASSWORD}
    ),
    "get_user": lambda scene: Good(scene.owner.path),
    "update_user": lambda scene: Good(scene.owner.path, json={"full_name": "Ann"}),
    "delete_user": lambda scene: Good(scene.owner.path),
    "restore_user": lambda scene: Good(f"{scene.owner.path}/restore"),
    "assign_roles": lambda scene: Good(
        f"{scene.owner.path}/roles", json={"roles": ["member", SPARE]}
    ),
    "list_permissions": lambda _: Good("/permissions"),
    "list_roles": lambda _: Good("/roles"),
    "create_role": lambda _: Good("/roles", json={"name": "editor"}),
    "get_role": lambda _: Good(f"/roles/{SPARE}"),
    "update_role": lambda _: Good(f"/roles/{SPARE}", json={"description": "Does little"}),
    "delete_role": lambda _: Good(f"/roles/{SPARE}"),
    "export_me": lambda _: Good("/users/me/export"),
    "list_audit": lambda _: Good("/audit"),
    "list_security_events": lambda _: Good("/users/me/security-events"),
    "list_jobs": lambda _: Good("/jobs"),
    "list_items": lambda _: Good("/items"),
    "follow_items": lambda _: Good("/items/events?follow=false"),
    "create_item": lambda _: Good("/items", json={"title": "Lamp"}),
    "create_items": lambda _: Good("/items/batch", json={"items": [{"title": "Lamp"}]}),
    "export_items": lambda _: Good("/items/export"),
    "import_items": lambda _: Good("/items/import", csv="title\nLamp\n"),
    "get_item": lambda scene: Good(f"/items/{scene.item_id}"),
    "update_item": lambda scene: Good(f"/items/{scene.item_id}", json={"title": "Lantern"}),
    "delete_item": lambda scene: Good(f"/items/{scene.item_id}"),
    "restore_item": lambda scene: Good(f"/items/{scene.item_id}/restore"),
    "attach_file": lambda scene: Good(f"/items/{scene.item_id}/attachments", file=b"Lamp"),
    "list_attachments": lambda scene: Good(f"/items/{scene.item_id}/attachments"),
    "download_attachment": lambda scene: Good(_attachment(scene)),
    "delete_attachment": lambda scene: Good(_attachment(scene)),
}
