"""Many callers at once: what clashes is refused, and nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable
from uuid import UUID

from application.access.create_api_key import CreateApiKeyHandler
from domain.access import MEMBER, Permission, UserId
from domain.api_keys import MAX_LIVE_API_KEYS
from tests.builders import an_api_key
from tests.http.callers import (
    PASSWORD,
    as_holder_of,
    as_member,
    as_superuser,
    register,
    sign_in,
    with_api_key,
)
from tests.http.client import Answer, Client
from tests.storing import store


async def at_once(requests: Iterable[Coroutine[None, None, Answer]]) -> list[Answer]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(request) for request in requests]
    return [task.result() for task in tasks]


def outcomes(answers: Iterable[Answer]) -> Counter[tuple[int, str]]:
    return Counter(answer.problem for answer in answers)


async def test_of_racing_refreshes_one_wins(client: Client) -> None:
    member = await as_member(client)
    answers = await at_once(
        client.post("/auth/refresh", json={"refresh_token": member.refresh_token})
        for _ in range(50)
    )
    assert outcomes(answers) == {(200, ""): 1, (401, "token_revoked"): 49}
    # The others were replays, so the family is revoked, the winner's new token with it.
    [won] = [answer.text("refresh_token") for answer in answers if answer.status == 200]
    again = await client.post("/auth/refresh", json={"refresh_token": won})
    assert again.problem == (401, "token_revoked")


async def test_in_200_races_of_two_there_are_never_two_winners(client: Client) -> None:
    user = await register(client, MEMBER)
    for round_ in range(200):
        member = await sign_in(client, user.email)

        async def refresh(late: int, token: str = member.refresh_token) -> Answer:
            for _ in range(late):
                await asyncio.sleep(0)
            return await client.post("/auth/refresh", json={"refresh_token": token})

        # Sometimes side by side, sometimes one some steps behind.
        answers = await at_once([refresh(0), refresh(round_ % 40)])
        assert outcomes(answers) == {(200, ""): 1, (401, "token_revoked"): 1}
        # Committed, although it was answered by 401.
        [won] = [answer for answer in answers if answer.status == 200]
        me = await client.bearing(won.text("access_token")).get("/users/me")
        assert me.problem == (401, "token_revoked")
        again = await refresh(0, won.text("refresh_token"))
        assert again.problem == (401, "token_revoked")


async def test_racing_for_the_last_api_key_gives_it_to_one(client: Client) -> None:
    member = await as_member(client)
    begin = client.inside.services[CreateApiKeyHandler].begin
    owner_id = UserId(UUID(member.user_id))
    others = [an_api_key(user_id=owner_id, expires_at=None) for _ in range(MAX_LIVE_API_KEYS - 1)]
    await store(begin, *others)
    body = {"name": "Nightly import", "permissions": [Permission.USERS_READ]}
    answers = await at_once(member.post("/auth/api-keys", json=body) for _ in range(10))
    assert outcomes(answers) == {(201, ""): 1, (409, "too_many_api_keys"): 9}
    assert (await member.get("/auth/api-keys"))["total"] == MAX_LIVE_API_KEYS


async def test_a_key_that_many_use_at_once_for_the_first_time_is_good_for_all(
    client: Client,
) -> None:
    program = await with_api_key(await as_member(client), Permission.USERS_READ)
    answers = await at_once(program.get("/users/me") for _ in range(30))
    assert outcomes(answers) == {(200, ""): 30}


async def test_of_racing_sign_ups_one_wins(client: Client) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    answers = await at_once(client.post("/users", json=body) for _ in range(10))
    assert outcomes(answers) == {(201, ""): 1, (409, "email_taken"): 9}
    await sign_in(client, "ada@example.com")


async def test_racing_for_a_username_gives_it_to_one(client: Client) -> None:
    answers = await at_once(
        client.post(
            "/users",
            json={"email": f"ada-{n}@example.com", "password": PASSWORD, "username": "ada"},
        )
        for n in range(6)
    )
    assert outcomes(answers) == {(201, ""): 1, (409, "username_taken"): 5}


async def test_racing_for_the_same_username_unasked_gives_everyone_their_own(
    client: Client,
) -> None:
    answers = await at_once(
        client.post("/users", json={"email": f"ada@{n}.example.com", "password": PASSWORD})
        for n in range(6)
    )
    assert outcomes(answers) == {(201, ""): 6}
    assert len({answer["username"] for answer in answers}) == 6


async def test_concurrent_changes_of_one_role_lose_nothing(client: Client) -> None:
    superuser = await as_superuser(client)
    await superuser.post("/roles", json={"name": "editor"})
    answers = await at_once(
        superuser.patch("/roles/editor", json={"description": f"{n}"}) for n in range(50)
    )
    assert outcomes(answers) == {(200, ""): 50}
    assert {answer["version"] for answer in answers} == set(range(2, 52))
    read = await superuser.get("/roles/editor")
    assert read["version"] == 51
    [last] = [answer for answer in answers if answer["version"] == 51]
    assert read.body == last.body


async def test_of_those_who_change_the_same_version_one_wins(client: Client) -> None:
    superuser = await as_superuser(client)
    role = await superuser.post("/roles", json={"name": "editor"})
    fresh = {"If-Match": role.headers["etag"]}
    answers = await at_once(
        superuser.patch("/roles/editor", json={"description": f"{n}"}, headers=fresh)
        for n in range(20)
    )
    assert outcomes(answers) == {(200, ""): 1, (412, "version_mismatch"): 19}


async def test_of_racing_deletions_one_finds_the_role(client: Client) -> None:
    superuser = await as_superuser(client)
    await superuser.post("/roles", json={"name": "editor"})
    answers = await at_once(superuser.delete("/roles/editor") for _ in range(10))
    assert outcomes(answers) == {(204, ""): 1, (404, "role_not_found"): 9}


async def test_superusers_who_unmake_each_other_leave_one(client: Client) -> None:
    superusers = [await as_superuser(client) for _ in range(4)]
    answers = await at_once(
        one.patch(other.path, json={"is_superuser": False})
        for one in superusers
        for other in superusers
        if one is not other
    )
    # Whoever came too late had lost the right, or was the last one.
    assert set(outcomes(answers)) <= {
        (200, ""),
        (403, "permission_denied"),
        (409, "last_superuser"),
    }
    left = [each for each in superusers if (await each.get("/users")).status == 200]
    assert len(left) == 1


async def test_of_two_superusers_who_leave_office_one_stays(client: Client) -> None:
    pair = [await as_superuser(client) for _ in range(2)]
    answers = await at_once(each.patch(each.path, json={"is_superuser": False}) for each in pair)
    assert outcomes(answers) == {(200, ""): 1, (409, "last_superuser"): 1}


async def test_superusers_who_leave_together_leave_one(client: Client) -> None:
    superusers = [await as_superuser(client) for _ in range(4)]
    answers = await at_once(
        each.delete("/users/me", json={"password": PASSWORD}) for each in superusers
    )
    assert outcomes(answers) == {(204, ""): 3, (409, "last_superuser"): 1}


async def test_a_role_is_not_deleted_while_it_is_given(client: Client) -> None:
    superuser, member = await as_superuser(client), await as_member(client)
    await superuser.post("/roles", json={"name": "editor"})
    given, deleted = await at_once(
        [
            superuser.put(f"{member.path}/roles", json={"roles": ["editor"]}),
            superuser.delete("/roles/editor"),
        ]
    )
    assert (given.problem, deleted.problem) in {
        ((200, ""), (409, "role_in_use")),
        ((404, "role_not_found"), (204, "")),
    }


async def test_a_session_that_ends_meanwhile_is_refused_or_served_but_never_breaks(
    client: Client,
) -> None:
    member = await as_member(client)
    reader = await as_holder_of(client, Permission.USERS_READ)
    answers = await at_once(
        [
            *(member.get("/users/me") for _ in range(20)),
            member.post("/auth/logout-all"),
            *(member.get("/users/me") for _ in range(20)),
            *(reader.get(member.path) for _ in range(5)),
        ]
    )
    assert set(outcomes(answers)) <= {(200, ""), (204, ""), (401, "token_revoked")}
    assert (await member.get("/users/me")).problem == (401, "token_revoked")
