"""The second factor over HTTP."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import attrs
import httpx
import pytest
import segno
import zxingcpp
from fastapi import FastAPI

from adapters.security.encryption import AesGcmSecretCipher
from application.auth.login_mfa import LoginMfa, LoginMfaHandler
from application.auth.rotate_data_key import RotateDataKey, RotateDataKeyHandler
from domain.access import ANONYMOUS, SYSTEM, SessionId, UserId
from domain.auth import InvalidCredentials
from domain.totp import PendingSignIn
from entrypoints.bootstrap.secrets import data_secrets
from entrypoints.bootstrap.services import wire
from entrypoints.http.app import create_app
from entrypoints.http.auth.qr_code import qr_svg
from entrypoints.settings.schema import Settings
from tests.conftest import SECRET
from tests.http.authenticator import (
    RECOVERY_CODE,
    asked_for_a_code,
    has_app,
    shown_code,
    wrong_code,
)
from tests.http.callers import OTHER_PASSWORD, PASSWORD, as_member, sign_in
from tests.http.client import ROOT, Answer, Client
from tests.http.test_races import at_once, outcomes

SVG = "{http://www.w3.org/2000/svg}"
SCALE = 4


def pixels(svg: str) -> memoryview:
    """The picture as a camera sees it: nothing in it but two paths, one light and one dark."""
    picture = ET.fromstring(svg)  # noqa: S314 - our own, and without entities
    size = int(picture.attrib["width"])
    assert [each.tag for each in picture.iter()] == [
        f"{SVG}svg",
        f"{SVG}g",
        f"{SVG}path",
        f"{SVG}path",
    ]
    light, dark = picture.iter(f"{SVG}path")
    assert light.attrib["d"] == f"M0 0h{size // SCALE}v{size // SCALE}h-{size // SCALE}z"
    seen = bytearray(b"\xff" * size * size)
    x, y = 0, 0
    for move, first, second in re.findall(r"([Mmh])(-?\d+)(?: (-?[\d.]+))?", dark.attrib["d"]):
        if move == "M":
            x, y = int(first), int(float(second))
        elif move == "m":
            x, y = x + int(first), y + int(second)
        else:
            for row in range(y * SCALE, (y + 1) * SCALE):
                for column in range(x * SCALE, (x + int(first)) * SCALE):
                    seen[row * size + column] = 0
            x += int(first)
    return memoryview(bytes(seen)).cast("B", (size, size))


async def set_up(caller: Client) -> Answer:
    answer = await caller.post("/auth/mfa/totp")
    assert answer.status == 201
    return answer


async def show(client: Client, token: str, code: str) -> Answer:
    return await client.bearing(None).post(
        "/auth/login/mfa", json={"mfa_token": token, "code": code}
    )


async def test_from_the_qr_code_to_a_session(client: Client) -> None:
    ann = await as_member(client)

    setup = await set_up(ann)
    [read] = zxingcpp.read_barcodes(pixels(setup.text("qr_svg")))
    assert read.text == setup["otpauth_uri"]
    assert f"secret={setup['secret']}" in read.text

    code = shown_code(setup.text("secret"))
    confirmed = await ann.post("/auth/mfa/totp/confirm", json={"code": code})
    codes = confirmed["recovery_codes"]
    assert isinstance(codes, list)
    assert len(codes) == 10
    state = await ann.get("/auth/mfa")
    assert (state["totp"], state["recovery_codes_left"]) == (True, 10)

    for good in (shown_code(setup.text("secret"), steps=1), str(codes[0])):
        answer = await show(client, await asked_for_a_code(ann), good)
        assert answer.status == 200
        assert (await client.bearing(answer.text("access_token")).get("/users/me"))[
            "id"
        ] == ann.user_id
    assert (await ann.get("/auth/mfa"))["recovery_codes_left"] == 9

    assert (await ann.delete("/auth/mfa/totp", json={"password": PASSWORD})).status == 204
    await sign_in(client, ann.email)


@pytest.mark.parametrize("length", [1, 100, 400])
async def test_a_qr_code_is_a_picture_and_nothing_else(length: int) -> None:
    text = '<script>alert("1")</script>&' * length

    svg = await qr_svg(text[:length])

    matrix = segno.make_qr(text[:length], error="m").matrix
    [read] = zxingcpp.read_barcodes(pixels(svg))
    assert read.text == text[:length]
    assert len(matrix) + 8 == int(ET.fromstring(svg).attrib["width"]) // SCALE  # noqa: S314 - our own
    assert "script" not in svg


async def test_what_is_secret_is_kept_by_nobody_on_the_way(client: Client) -> None:
    ann = await as_member(client)

    setup = await set_up(ann)

    assert setup.headers["cache-control"] == "no-store"
    assert setup.headers["location"] == "/api/v1/auth/mfa"


async def test_a_plain_client_understands_what_is_missing(client: Client) -> None:
    ann = await as_member(client)
    await has_app(ann)
    form = {"grant_type": "password", "username": ann.email, "password": PASSWORD}

    for path in ("/auth/login", "/auth/token"):
        answer = await client.post(path, form=form)
        assert answer.problem == (401, "mfa_required")
        assert answer["error"] == "mfa_required"
        assert answer["error_description"] == answer["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (await show(client, answer.text("mfa_token"), wrong_code())).status == 401


async def test_before_the_right_password_nothing_tells_who_has_an_app(client: Client) -> None:
    ann, bob = await as_member(client), await as_member(client)
    await has_app(ann)

    answers = [
        await client.post("/auth/login", form={"username": name, "password": OTHER_PASSWORD})
        for name in (ann.email, bob.email, "nobody@example.com")
    ]

    assert len({str(answer.alike) for answer in answers}) == 1


async def test_a_token_that_waits_for_a_code_is_good_for_nothing_else(client: Client) -> None:
    ann = await as_member(client)
    await has_app(ann)
    token = await asked_for_a_code(ann)

    waiting = client.bearing(token)
    for path in ("/users/me", "/auth/mfa", "/auth/sessions"):
        assert (await waiting.get(path)).problem == (401, "not_authenticated")
    refreshed = await client.post("/auth/refresh", json={"refresh_token": token})
    assert refreshed.problem == (401, "invalid_credentials")
    shown = await ann.post("/auth/introspect", form={"token": token})
    assert shown.body == {"active": False}
    for path in ("/auth/verify-email", "/auth/not-me"):
        assert (await client.post(path, json={"token": token})).problem == (400, "invalid_token")
    assert (await show(client, token, shown_code())).status == 200


async def test_no_other_token_waits_for_a_code(client: Client) -> None:
    ann = await as_member(client)
    await has_app(ann)
    assert ann.token is not None

    for token in (ann.token, ann.refresh_token, "junk", "A" * 120):
        answer = await show(client, token, shown_code())
        assert answer.problem == (401, "invalid_credentials")


async def test_nobodys_code_is_good_with_anothers_token(client: Client) -> None:
    ann, eve = await as_member(client), await as_member(client)
    await has_app(ann)
    hers = (await set_up(eve)).text("secret")
    code = shown_code(hers)
    confirmed = await eve.post("/auth/mfa/totp/confirm", json={"code": code})
    codes = confirmed["recovery_codes"]
    assert isinstance(codes, list)

    token = await asked_for_a_code(ann)
    for code in (shown_code(hers, steps=1), str(codes[0])):
        assert (await show(client, token, code)).problem == (401, "invalid_credentials")


async def test_a_changed_password_ends_the_sign_ins_that_wait(client: Client) -> None:
    ann = await as_member(client)
    await has_app(ann)
    token = await asked_for_a_code(ann)
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert (await ann.post("/users/me/password", json=change)).status == 204

    assert (await show(client, token, shown_code())).problem == (401, "token_revoked")


async def test_of_racing_sign_ins_with_one_code_one_is_let_in(client: Client) -> None:
    ann = await as_member(client)
    for code in (shown_code(), RECOVERY_CODE):
        await has_app(ann)
        tokens = [await asked_for_a_code(ann) for _ in range(4)]

        answers = await at_once(show(client, token, code) for token in tokens)

        assert outcomes(answers) == {(200, ""): 1, (401, "invalid_credentials"): 3}


async def test_of_racing_sign_ins_with_one_token_one_is_let_in(client: Client) -> None:
    ann = await as_member(client)
    await has_app(ann)
    token = await asked_for_a_code(ann)
    codes = [shown_code(), shown_code(steps=1), RECOVERY_CODE]

    answers = await at_once(show(client, token, code) for code in codes)

    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.problem for answer in answers if answer.status != 200} == {
        (401, "token_revoked")
    }


async def test_a_guesser_has_five_tries_however_many_servers_there_are(
    client: Client, settings: Settings, database_url: str
) -> None:
    ann = await as_member(client)
    await has_app(ann)
    token = await asked_for_a_code(ann)
    other_app = create_app(settings, database_url)
    async with other_app.router.lifespan_context(other_app):
        other = _client_of(other_app, client)
        guesses = [
            show(server, token, f"{number:06}")
            for number in range(10)
            for server in (client, other)
        ]
        answers = await at_once(guesses)
        await other.http.aclose()

    refused = [answer for answer in answers if answer.status == 401]
    locked = [answer for answer in answers if answer.status == 429]
    assert (len(refused), len(locked)) == (5, 15)
    for answer in locked:
        assert answer.problem == (429, "account_locked")
        assert 290 <= int(answer.headers["retry-after"]) <= 300
    for code in (shown_code(), RECOVERY_CODE):
        assert (await show(client, token, code)).problem == (429, "account_locked")
    # Whoever is signed in already notices nothing.
    assert (await ann.get("/users/me")).status == 200


def _client_of(app: FastAPI, client: Client) -> Client:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT)
    return Client(http=http, contract=client.contract, inside=app.state.inside)


async def test_the_password_may_come_along_and_then_has_to_be_right(client: Client) -> None:
    ann = await as_member(client)

    for body in (None, {}, {"password": None}, {"password": PASSWORD}):
        assert (await ann.post("/auth/mfa/totp", json=body)).status == 201
    wrong = await ann.post("/auth/mfa/totp", json={"password": OTHER_PASSWORD})
    assert wrong.problem == (403, "wrong_password")
    assert (await ann.post("/auth/mfa/totp", json={"passwort": ""})).problem == (
        400,
        "validation_error",
    )


async def test_of_two_who_show_one_code_one_is_let_in_in_200_rounds(client: Client) -> None:
    ann = await as_member(client)
    login = client.inside.services[LoginMfaHandler]
    async with login.begin() as uow:
        user = await uow.users.read(UserId(UUID(ann.user_id)))

    async def show_once(code: str) -> str:
        pending = PendingSignIn(
            session_id=SessionId(login.complete_sign_in.security_log.new_id()),
            user_id=user.id,
            password_mark=login.mfa_tokens.mark(user.password_hash),
            expires_at=datetime.now(UTC) + timedelta(minutes=1),
        )
        token = login.mfa_tokens.issue(pending)
        try:
            await login(LoginMfa(mfa_token=token, code=code), ANONYMOUS)
        except InvalidCredentials:
            return "refused"
        return "let in"

    for number in range(200):
        await has_app(ann)
        code = RECOVERY_CODE if number % 2 else shown_code()
        assert sorted(await asyncio.gather(show_once(code), show_once(code))) == [
            "let in",
            "refused",
        ]


async def test_codes_are_taken_while_the_key_is_changed(client: Client, settings: Settings) -> None:
    people = [await as_member(client) for _ in range(10)]
    new, secrets = b"a new key of the tests, long enough", data_secrets(settings, SECRET.encode())
    ports = client.inside.ports
    rotating = wire(attrs.evolve(ports, cipher=AesGcmSecretCipher([new, *secrets])), settings)
    serving = wire(attrs.evolve(ports, cipher=AesGcmSecretCipher([*secrets, new])), settings)
    for each in people:
        await has_app(each)
    tokens = [await asked_for_a_code(each) for each in people]
    shown = [LoginMfa(mfa_token=token, code=shown_code()) for token in tokens]

    await asyncio.gather(
        rotating[RotateDataKeyHandler](RotateDataKey(), SYSTEM),
        *(serving[LoginMfaHandler](show, ANONYMOUS) for show in shown),
        rotating[RotateDataKeyHandler](RotateDataKey(), SYSTEM),
    )

    after = wire(attrs.evolve(ports, cipher=AesGcmSecretCipher([new])), settings)
    for each, before in zip(people, shown, strict=True):
        token = await asked_for_a_code(each)
        # What was spent meanwhile is still spent, and what was not is readable.
        with pytest.raises(InvalidCredentials):
            await after[LoginMfaHandler](attrs.evolve(before, mfa_token=token), ANONYMOUS)
        again = LoginMfa(mfa_token=token, code=shown_code(steps=1))
        await after[LoginMfaHandler](again, ANONYMOUS)
