"""From the links in mails to a verified address, a new password, and a way out."""

from base64 import urlsafe_b64decode

import asyncpg
import pytest

from application.users.delete_user import DeleteUser, DeleteUserHandler
from application.users.import_users import ImportUsers, ImportUsersHandler
from domain.access import MEMBER, SYSTEM
from domain.one_time_tokens import TokenPurpose
from entrypoints.settings.schema import Settings
from tests.application.rows import rows_of
from tests.http.callers import OTHER_PASSWORD, PASSWORD, Caller, as_member, register, sign_in
from tests.http.client import Answer, Client
from tests.http.contract import Contract
from tests.http.mailed import mailed_token, new_mails, token_in
from tests.http.test_races import at_once, outcomes
from tests.http.test_throttling import from_address, serving

VERIFY, RESET, CONFIRM, NOT_ME = TokenPurpose
HOUR = 60


async def forget(client: Client, email: str) -> Answer:
    return await client.post("/auth/password/forgot", json={"email": email})


async def reset(client: Client, token: str, password: str = OTHER_PASSWORD) -> Answer:
    body = {"token": token, "new_password": password}
    return await client.post("/auth/password/reset", json=body)


async def log_in(client: Client, name: str, password: str) -> Answer:
    return await client.post("/auth/login", form={"username": name, "password": password})


async def test_a_forgotten_password_is_replaced(client: Client) -> None:
    member = await as_member(client)
    await new_mails(client)

    assert (await forget(client, member.email.upper())).status == 202
    [mail] = await new_mails(client)
    assert (mail.to, mail.template) == (member.email, "reset_password")
    assert (await reset(client, token_in(mail, client))).status == 204

    assert (await log_in(client, member.email, PASSWORD)).problem == (401, "invalid_credentials")
    assert (await log_in(client, member.email, OTHER_PASSWORD)).status == 200


async def test_every_session_ends_with_the_old_password(client: Client) -> None:
    member = await as_member(client)
    other = await sign_in(client, member.email)

    assert (await reset(client, await mailed_token(member, RESET))).status == 204

    for caller in (member, other):
        assert (await caller.get("/users/me")).problem == (401, "token_revoked")
        again = await client.post("/auth/refresh", json={"refresh_token": caller.refresh_token})
        assert again.problem == (401, "token_revoked")


async def test_a_new_password_proves_the_address(client: Client) -> None:
    member = await as_member(client)
    assert (await member.get("/users/me"))["email_verified"] is False

    await reset(client, await mailed_token(member, RESET))

    again = await sign_in(client, member.email, OTHER_PASSWORD)
    assert (await again.get("/users/me"))["email_verified"] is True


async def test_no_answer_tells_whether_there_is_an_account(client: Client) -> None:
    known = await register(client, MEMBER)
    inactive = await register(client, MEMBER, is_active=False)
    deleted = await register(client, MEMBER)
    await client.inside.services[DeleteUserHandler](DeleteUser(user_id=deleted.id), SYSTEM)
    await new_mails(client)

    addresses = [known.email, inactive.email, deleted.email, "nobody@example.com"]
    answers = [await forget(client, address) for address in addresses]

    assert {(answer.status, answer.content) for answer in answers} == {(202, b"")}
    own = {"x-request-id"}
    assert len({tuple(set(answer.headers) - own) for answer in answers}) == 1
    assert [mail.to for mail in await new_mails(client)] == [known.email]


async def test_mails_are_limited_whoever_is_asked_about(
    settings: Settings, database_url: str, contract: Contract
) -> None:
    async with serving(settings, database_url, mail="2/1h") as app:
        here = from_address(app, contract, "203.0.113.9")
        known = await register(here, MEMBER)
        for email in (known.email, "nobody@example.com"):
            askers = [from_address(app, contract, f"203.0.113.{n}") for n in (1, 2, 3)]
            answers = [(await forget(asker, email)).problem for asker in askers]
            assert answers == [(202, ""), (202, ""), (429, "rate_limited")]


async def test_a_weak_password_is_explained_and_spends_nothing(client: Client) -> None:
    member = await as_member(client)
    token = await mailed_token(member, RESET)

    for password, code in (("short", "too_short"), ("password1", "weak_password")):
        refused = await reset(client, token, password)
        assert refused.problem == (400, "validation_error")
        assert refused.faults == {("new_password", code)}
    assert (await reset(client, token)).status == 204


@pytest.mark.parametrize("purpose", TokenPurpose)
async def test_no_token_is_good_for_what_another_is_for(
    client: Client, purpose: TokenPurpose
) -> None:
    member = await as_member(client)
    token = await mailed_token(member, purpose)
    answers = {
        RESET: await reset(client, token),
        VERIFY: await client.post("/auth/verify-email", json={"token": token}),
        NOT_ME: await client.post("/auth/not-me", json={"token": token}),
    }
    spends = VERIFY if purpose is CONFIRM else purpose
    for used_for, answer in answers.items():
        expected = (204, "") if used_for is spends else (400, "invalid_token")
        assert answer.problem == expected, used_for


@pytest.mark.parametrize("purpose", [RESET, VERIFY, CONFIRM, NOT_ME])
async def test_of_racing_uses_of_a_token_one_wins(client: Client, purpose: TokenPurpose) -> None:
    member = await as_member(client)
    body: dict[str, str] = {}
    path = {RESET: "/auth/password/reset", NOT_ME: "/auth/not-me"}.get(
        purpose, "/auth/verify-email"
    )
    if purpose is RESET:
        body = {"new_password": OTHER_PASSWORD}
    for _ in range(10):
        token = await mailed_token(member, purpose)
        answers = await at_once(client.post(path, json={"token": token, **body}) for _ in range(2))
        assert outcomes(answers) == {(204, ""): 1, (400, "invalid_token"): 1}


async def test_a_token_is_good_for_an_hour_and_while_no_newer_one_is_sent(client: Client) -> None:
    member = await as_member(client)
    await new_mails(client)
    await forget(client, member.email)
    await forget(client, member.email)
    first, second = await new_mails(client)
    assert (await reset(client, token_in(first, client))).problem == (400, "invalid_token")
    assert (await reset(client, token_in(second, client))).status == 204
    old = await mailed_token(member, RESET, age_minutes=HOUR)
    assert (await reset(client, old)).problem == (400, "invalid_token")
    assert (await log_in(client, member.email, OTHER_PASSWORD)).status == 200


async def test_no_mail_takes_a_link_from_the_request(client: Client) -> None:
    member = await as_member(client)
    await new_mails(client)
    headers = {
        "Host": "evil.example",
        "Origin": "https://evil.example",
        "Referer": "https://evil.example/",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    body = {"email": member.email}
    await client.post("/auth/password/forgot", json=body, headers=headers)
    [mail] = await new_mails(client)
    assert "evil" not in str(mail)
    assert "://" not in str(mail)


async def test_a_sign_up_is_welcomed_by_one_mail_that_verifies(client: Client) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    await client.post("/users", json=body, headers={"Accept-Language": "de-AT,en;q=0.5"})
    [mail] = await new_mails(client)
    assert (mail.to, mail.template, mail.language) == ("ada@example.com", "welcome", "de")

    verified = await client.post("/auth/verify-email", json={"token": token_in(mail, client)})

    assert verified.status == 204
    ada = await sign_in(client, "ada@example.com")
    assert (await ada.get("/users/me"))["email_verified"] is True


async def test_an_import_mails_nobody(client: Client) -> None:
    rows = rows_of(*({"email": f"ann-{n}@example.org"} for n in range(20)))
    command = ImportUsers(rows=rows, report=lambda bad: pytest.fail(str(bad)))

    await client.inside.services[ImportUsersHandler](command, SYSTEM)

    assert await new_mails(client) == []


async def test_another_verification_mail_can_be_asked_for(client: Client) -> None:
    member = await as_member(client)
    [welcome] = await new_mails(client)

    assert (await member.post("/auth/verify-email/request")).status == 202

    [mail] = await new_mails(client)
    for sent, outcome in ((welcome, (400, "invalid_token")), (mail, (204, ""))):
        token = token_in(sent, client)
        answer = await client.post("/auth/verify-email", json={"token": token})
        assert answer.problem == outcome
    assert (await member.post("/auth/verify-email/request")).status == 202
    assert await new_mails(client) == []


async def ask_for_email(caller: Caller, new_email: str) -> Answer:
    body = {"new_email": new_email, "password": caller.password}
    return await caller.post("/users/me/email", json=body)


async def test_an_address_counts_once_it_is_confirmed(client: Client) -> None:
    member = await as_member(client)
    await new_mails(client)

    assert (await ask_for_email(member, "new@example.com")).status == 202
    assert (await member.get("/users/me"))["email"] == member.email
    confirmation, told = await new_mails(client)
    assert (confirmation.to, told.to) == ("new@example.com", member.email)
    token = token_in(confirmation, client)
    assert (await client.post("/auth/verify-email", json={"token": token})).status == 204

    me = await member.get("/users/me")
    assert (me["email"], me["email_verified"]) == ("new@example.com", True)
    assert (await log_in(client, "new@example.com", PASSWORD)).status == 200
    assert (await log_in(client, member.email, PASSWORD)).status == 401


async def test_a_taken_address_is_answered_like_a_free_one(client: Client) -> None:
    member, other = await as_member(client), await as_member(client)
    await new_mails(client)

    free = await ask_for_email(member, "free@example.com")
    taken = await ask_for_email(member, other.email)

    assert (free.status, free.content) == (taken.status, taken.content) == (202, b"")
    sent = [(mail.to, mail.template) for mail in await new_mails(client)]
    assert (other.email, "email_taken") in sent
    assert [to for to, template in sent if template == "confirm_email"] == ["free@example.com"]


async def test_whoever_says_it_was_not_them_gets_everyone_out_and_the_address_back(
    client: Client,
) -> None:
    thief = await as_member(client)
    await new_mails(client)
    await ask_for_email(thief, "thief@example.com")
    confirmation, _ = await new_mails(client)
    token = token_in(confirmation, client)
    await client.post("/auth/verify-email", json={"token": token})
    [told] = await new_mails(client)
    assert (told.to, told.template) == (thief.email, "email_changed")

    token = token_in(told, client)
    assert (await client.post("/auth/not-me", json={"token": token})).status == 204

    assert (await thief.get("/users/me")).problem == (401, "token_revoked")
    [mail] = await new_mails(client)
    assert (mail.to, mail.template) == (thief.email, "reset_password")
    assert (await reset(client, token_in(mail, client))).status == 204
    owner = await sign_in(client, thief.email, OTHER_PASSWORD)
    assert (await owner.get("/users/me"))["email"] == thief.email


async def test_a_dump_of_the_database_holds_no_link_and_no_password(
    client: Client, database_url: str
) -> None:
    member = await as_member(client)
    await forget(client, member.email)
    await ask_for_email(member, "new@example.com")
    mails = await new_mails(client)
    tokens = [token_in(mail, client) for mail in mails]
    tokens += [await mailed_token(member, purpose) for purpose in TokenPurpose]
    assert len(tokens) >= 8
    spent = await mailed_token(member, RESET)
    await reset(client, spent)

    dump = await dump_of(database_url)

    assert member.user_id in dump
    assert PASSWORD not in dump
    assert OTHER_PASSWORD not in dump
    for token in (*tokens, spent):
        # What follows the id is what nobody can guess; as text, as bytes, or as the bytes of text.
        unguessable = token[22:]
        assert unguessable not in dump
        assert urlsafe_b64decode(token)[16:].hex() not in dump
        assert unguessable.encode().hex() not in dump


async def dump_of(database_url: str) -> str:
    """Every row of every table, as text."""
    connection = await asyncpg.connect(database_url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        assert len(tables) > 5
        statements = [f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t' for (name,) in tables]  # noqa: S608 - tables of our own
        texts = [await connection.fetchval(statement) for statement in statements]
    finally:
        await connection.close()
    return "\n".join(text or "" for text in texts)
