"""The trail over HTTP."""

from domain.access import Permission
from tests.http.callers import OTHER_PASSWORD, as_holder_of, as_member, as_superuser
from tests.http.client import Client, Params


async def test_tells_who_did_what_to_whom_and_from_where(client: Client) -> None:
    root, ann = await as_superuser(client), await as_member(client)
    await root.put(f"{ann.path}/roles", json={"roles": []}, headers={"User-Agent": "Admin/1"})
    await ann.post("/auth/logout")

    listed = await root.get("/audit", params={"target_id": ann.user_id})

    newest = listed.items[0]
    assert (newest["event"], newest["actor_id"]) == ("signed_out", ann.user_id)
    assert newest["address"] == "127.0.0.1"
    assert newest["request_id"]


async def test_filters_and_pages(client: Client) -> None:
    root, ann = await as_superuser(client), await as_member(client)
    for _ in range(3):
        await client.post("/auth/login", form={"username": ann.email, "password": OTHER_PASSWORD})

    params: Params = {"event": "sign_in_refused", "target_id": ann.user_id, "limit": 2}
    first = await root.get("/audit", params=params)
    rest = await root.get("/audit", params={**params, "cursor": first.text("next_cursor")})

    assert (len(first.items), first["total"], len(rest.items)) == (2, 3, 1)
    assert len({*first.each("id"), *rest.each("id")}) == 3
    upwards = await root.get("/audit", params={**params, "limit": 9, "sort": "occurred_at"})
    assert upwards.each("id") == [*first.each("id"), *rest.each("id")][::-1]
    none = await root.get("/audit", params={"actor_id": root.user_id, "event": "signed_out"})
    assert none.items == []
    assert (await root.get("/audit", params={"event": "nonsense"})).problem[0] == 400


async def test_a_refusal_is_in_the_trail(client: Client) -> None:
    ann = await as_member(client)
    assert (await ann.get("/users")).status == 403
    assert (await ann.delete("/users/me", json={"password": OTHER_PASSWORD})).problem == (
        403,
        "wrong_password",
    )

    reader = await as_holder_of(client, Permission.AUDIT_READ)
    listed = await reader.get("/audit", params={"event": "permission_denied"})

    assert [(each["actor_id"], each["subject"]) for each in listed.items] == [
        (ann.user_id, "delete_me"),
        (ann.user_id, "list_users"),
    ]
    assert listed.each("details") == [{"code": "wrong_password"}, {"code": "permission_denied"}]


async def test_owners_see_what_happened_to_them(client: Client) -> None:
    root, ann = await as_superuser(client), await as_member(client)
    await client.post("/auth/login", form={"username": ann.email, "password": OTHER_PASSWORD})
    await as_member(client)

    history = await ann.get("/users/me/security-events")

    assert history.each("event") == ["sign_in_refused", "signed_in", "signed_up"]
    assert history.each("by") == ["somebody not signed in", "you", "you"]
    assert root.user_id not in history.content.decode()
