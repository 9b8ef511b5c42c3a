"""Sign-in and sessions over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs
import pytest

from adapters.memory.clock import FixedClock
from adapters.memory.tables import OF_MEMBERS
from adapters.security.access_tokens import JwtAccessTokens
from application.auth.authenticate import AuthenticateHandler
from application.auth.refresh import RefreshHandler
from domain.access import MEMBER, Permission, SessionId, UserId
from domain.auth import RefreshToken
from tests.http.callers import (
    OTHER_PASSWORD,
    PASSWORD,
    Caller,
    as_holder_of,
    as_member,
    as_superuser,
    register,
    sign_in,
)
from tests.http.client import Answer, Client

UNKNOWN = UUID("01a1fc6c-e556-7d25-bdb2-d616c91fecc6")


async def log_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Answer:
    form = {"username": username, "password": password, **more}
    return await client.post("/auth/login", form=form)


async def refresh(client: Client, token: str) -> Answer:
    return await client.post("/auth/refresh", json={"refresh_token": token})


def access_tokens_of(client: Client, *, at: datetime | None = None) -> JwtAccessTokens:
    """The service's own, with a clock that can stand elsewhere."""
    tokens = client.inside.services[AuthenticateHandler].tokens
    assert isinstance(tokens, JwtAccessTokens)
    return tokens if at is None else attrs.evolve(tokens, clock=FixedClock(at))


async def current_session(caller: Caller) -> SessionId:
    sessions = await caller.get("/auth/sessions")
    [current] = [each["id"] for each in sessions.items if each["current"]]
    return SessionId(UUID(str(current)))


async def test_signing_in_gives_a_pair_of_tokens(client: Client) -> None:
    user = await register(client, MEMBER)
    tokens = await log_in(client, user.email)
    assert tokens.status == 200
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 15 * 60
    assert tokens["scope"] == " ".join(sorted(OF_MEMBERS))
    assert tokens["access_token"] != tokens["refresh_token"]
    assert tokens.headers["cache-control"] == "no-store"
    me = await client.bearing(tokens.text("access_token")).get("/users/me")
    assert me["id"] == str(user.id)


async def test_emails_and_usernames_sign_in_in_any_case(client: Client) -> None:
    user = await register(client, MEMBER)
    for name in (user.email, user.email.upper(), user.username, user.username.upper()):
        assert (await log_in(client, name)).status == 200


async def test_all_of_the_password_grants_fields_are_taken(client: Client) -> None:
    user = await register(client, MEMBER)
    tokens = await log_in(
        client,
        user.email,
        grant_type="password",
        scope="users:read",
        client_id="app",
        client_secret="none",
    )
    assert tokens.status == 200


async def test_swagger_uis_empty_basic_header_does_not_matter(client: Client) -> None:
    user = await register(client, MEMBER)
    answer = await client.post(
        "/auth/login",
        form={"grant_type": "password", "username": user.email, "password": PASSWORD},
        headers={"Authorization": "Basic Og=="},
    )
    assert answer.status == 200


async def test_an_unknown_name_and_a_wrong_password_are_answered_alike(client: Client) -> None:
    user = await register(client, MEMBER)
    wrong = await log_in(client, user.email, OTHER_PASSWORD)
    unknown = await log_in(client, "nobody@example.com")
    assert wrong.problem == (401, "invalid_credentials")
    assert wrong["error"] == "invalid_grant"
    assert wrong.alike == unknown.alike
    assert set(wrong.headers) == set(unknown.headers)


async def test_credentials_in_json_are_not_read(client: Client) -> None:
    answer = await client.post("/auth/login", json={"username": "ann", "password": PASSWORD})
    assert answer.problem == (415, "unsupported_media_type")


@pytest.mark.parametrize("by_form", [True, False])
async def test_a_refresh_token_is_spent_for_a_new_pair(client: Client, by_form: bool) -> None:
    member = await as_member(client)
    fields = {"refresh_token": member.refresh_token}
    if by_form:
        form = {"grant_type": "refresh_token", **fields}
        tokens = await client.post("/auth/refresh", form=form)
    else:
        tokens = await client.post("/auth/refresh", json=fields)
    assert tokens.status == 200
    assert tokens.headers["cache-control"] == "no-store"
    assert tokens["refresh_token"] != member.refresh_token
    assert tokens["access_token"] != member.token
    renewed = client.bearing(tokens.text("access_token"))
    assert (await renewed.get("/users/me"))["id"] == member.user_id
    assert (await member.get("/users/me")).status == 200
    assert (await refresh(client, tokens.text("refresh_token"))).status == 200


async def test_a_spent_refresh_token_ends_its_session_although_it_is_refused(
    client: Client,
) -> None:
    member = await as_member(client)
    elsewhere = await sign_in(client, member.email)
    renewed = await refresh(client, member.refresh_token)
    stolen = await refresh(client, member.refresh_token)
    assert stolen.problem == (401, "token_revoked")
    # Committed: both who held a token of this session have lost it, and nobody else has.
    assert (await refresh(client, renewed.text("refresh_token"))).problem == (401, "token_revoked")
    thief = client.bearing(renewed.text("access_token"))
    assert (await thief.get("/users/me")).problem == (401, "token_revoked")
    assert (await member.get("/users/me")).problem == (401, "token_revoked")
    assert (await elsewhere.get("/users/me")).status == 200
    assert (await refresh(client, elsewhere.refresh_token)).status == 200


async def test_an_unknown_refresh_token_is_refused(client: Client) -> None:
    answer = await refresh(client, "x" * 43)
    assert answer.problem == (401, "invalid_credentials")
    assert answer["error"] == "invalid_grant"


async def test_each_token_is_refused_in_the_place_of_the_other(client: Client) -> None:
    member = await as_member(client)
    assert member.token is not None
    assert (await refresh(client, member.token[:512])).problem == (401, "invalid_credentials")
    swapped = client.bearing(member.refresh_token)
    assert (await swapped.get("/users/me")).problem == (401, "not_authenticated")


async def test_a_refresh_token_past_its_time_is_refused(client: Client) -> None:
    member = await as_member(client)
    handler = client.inside.services[RefreshHandler]
    secret = handler.refresh_secrets.fresh()
    now = datetime.now(UTC)
    async with handler.begin() as uow:
        await uow.refresh_tokens.add(
            RefreshToken(
                token_hash=secret.token_hash,
                session_id=await current_session(member),
                created_at=now - timedelta(days=15),
                expires_at=now - timedelta(days=1),
            )
        )
        await uow.commit()
    assert (await refresh(client, secret.text)).problem == (401, "token_expired")
    assert (await member.get("/users/me")).status == 200


async def test_an_access_token_past_its_time_is_refused(client: Client) -> None:
    member = await as_member(client)
    past = access_tokens_of(client, at=datetime.now(UTC) - timedelta(minutes=16))
    token = past.issue(UserId(UUID(member.user_id)), await current_session(member))
    answer = await client.bearing(token.text).get("/users/me")
    assert answer.problem == (401, "token_expired")
    assert answer["error"] == "invalid_token"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_valid_token_of_an_unknown_user_is_not_authenticated(client: Client) -> None:
    member, other = await as_member(client), await as_member(client)
    session_id = await current_session(member)
    tokens = access_tokens_of(client)
    for user_id, of_session in (
        (UNKNOWN, UNKNOWN),
        (UNKNOWN, session_id),
        (UUID(member.user_id), UNKNOWN),
        (UUID(other.user_id), session_id),
    ):
        token = tokens.issue(UserId(user_id), SessionId(of_session))
        answer = await client.bearing(token.text).get("/users/me")
        assert answer.problem == (401, "not_authenticated")


async def test_a_token_signed_elsewhere_is_not_authenticated(client: Client) -> None:
    member = await as_member(client)
    assert member.token is not None
    head, payload, signature = member.token.split(".")
    for token in (
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{payload}.",
        f"{head}.{payload[::-1]}.{signature}",
        f"{head}.{payload}",
    ):
        answer = await client.bearing(token).get("/users/me")
        assert answer.problem == (401, "not_authenticated")


async def test_the_scheme_compares_in_any_case(client: Client) -> None:
    member = await as_member(client)
    headers = {"Authorization": f"bEARER  {member.token} "}
    assert (await client.get("/users/me", headers=headers)).status == 200


async def test_signing_out_ends_this_session_from_the_next_request_on(client: Client) -> None:
    member = await as_member(client)
    elsewhere = await sign_in(client, member.email)
    assert (await member.get("/users/me")).status == 200
    assert (await member.post("/auth/logout")).status == 204
    assert (await member.get("/users/me")).problem == (401, "token_revoked")
    assert (await member.post("/auth/logout")).problem == (401, "token_revoked")
    assert (await refresh(client, member.refresh_token)).problem == (401, "token_revoked")
    assert (await elsewhere.get("/users/me")).status == 200


async def test_signing_out_everywhere_ends_all_sessions_of_the_caller(client: Client) -> None:
    member, other = await as_member(client), await as_member(client)
    elsewhere = await sign_in(client, member.email)
    assert (await member.post("/auth/logout-all")).status == 204
    for session in (member, elsewhere):
        assert (await session.get("/users/me")).problem == (401, "token_revoked")
        refused = await refresh(client, session.refresh_token)
        assert refused.problem == (401, "token_revoked")
    assert (await other.get("/users/me")).status == 200


async def test_sessions_tell_where_they_were_opened(client: Client) -> None:
    user = await register(client, MEMBER)
    tokens = await client.post(
        "/auth/login",
        form={"username": user.email, "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (caf\u00e9\x7f)"},
    )
    sessions = await client.bearing(tokens.text("access_token")).get("/auth/sessions")
    [session] = sessions.items
    assert session["ip"] == "127.0.0.1"
    assert session["user_agent"] == "Mozilla/5.0 (caf\u00e9)"
    assert session["current"] is True


async def test_live_sessions_are_listed_and_only_ones_own(client: Client) -> None:
    member = await as_member(client)
    await as_member(client)
    second, third = await sign_in(client, member.email), await sign_in(client, member.email)
    await third.post("/auth/logout")
    listed = await second.get("/auth/sessions")
    assert listed["total"] == 2
    assert listed.each("current") == [True, False]
    oldest_first = await second.get("/auth/sessions", params={"sort": "created_at", "limit": 1})
    assert oldest_first.each("current") == [False]
    cursor = {"cursor": oldest_first.text("next_cursor")}
    assert (await second.get("/auth/sessions", params=cursor)).each("current") == [True]


async def test_a_refresh_counts_as_use_of_its_session(client: Client) -> None:
    member = await as_member(client)
    [before] = (await member.get("/auth/sessions")).items
    await refresh(client, member.refresh_token)
    [after] = (await member.get("/auth/sessions")).items
    assert before["id"] == after["id"]
    assert str(before["last_used_at"]) < str(after["last_used_at"])


async def test_one_session_is_ended_by_another_of_the_same_user(client: Client) -> None:
    member = await as_member(client)
    elsewhere = await sign_in(client, member.email)
    path = f"/auth/sessions/{await current_session(elsewhere)}"
    assert (await elsewhere.get("/users/me")).status == 200
    assert (await member.delete(path)).status == 204
    assert (await elsewhere.get("/users/me")).problem == (401, "token_revoked")
    assert (await member.get("/users/me")).status == 200


async def test_anothers_session_answers_like_an_unknown_one(client: Client) -> None:
    member, stranger = await as_member(client), await as_member(client)
    anothers = await stranger.delete(f"/auth/sessions/{await current_session(member)}")
    unknown = await stranger.delete(f"/auth/sessions/{UNKNOWN}")
    assert anothers.problem == (404, "session_not_found")
    assert anothers.alike == unknown.alike
    assert (await member.get("/users/me")).status == 200


async def test_the_permission_ends_anyones_session(client: Client) -> None:
    member = await as_member(client)
    guard = await as_holder_of(client, Permission.SESSIONS_REVOKE)
    assert (await guard.delete(f"/auth/sessions/{await current_session(member)}")).status == 204
    assert (await member.get("/users/me")).problem == (401, "token_revoked")


async def test_a_change_of_role_shows_in_the_next_scope(client: Client) -> None:
    superuser, member = await as_superuser(client), await as_member(client)
    await superuser.put(f"{member.path}/roles", json={"roles": []})
    assert (await refresh(client, member.refresh_token))["scope"] == ""
