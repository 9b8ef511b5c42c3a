"""Strange names, passwords and tokens, where somebody signs up or in."""

from collections.abc import Mapping

import pytest

from domain.text import Json
from tests.http.callers import PASSWORD, as_member
from tests.http.client import Client
from tests.http.hostile import FORM, JSON, SOME_ID, refused, shortly


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "canary4711"},
        {"email": "canary4711@"},
        {"email": "canary4711@example"},
        {"email": "Ada <canary4711@example.com>"},
        {"email": "canary4711@example.com\r\nBcc: all@example.com"},
        {"email": "canary4711 @example.com"},
        {"email": "canary4711@example.com\r\n"},
        {"email": " canary4711@example.com"},
        {"email": "canary4711\x00@example.com"},
        {"email": "canary4711@exa\x00mple.com"},
        {"email": "canary4711@" + "x" * 250 + ".com"},
        {"email": "canary4711@[127.0.0.1]"},
        {"email": "canary4711@example..com"},
        {"email": "canary4711@-example.com"},
        {"email": "a@b@canary4711.com"},
        {"email": ""},
        {"email": None},
        {"email": 1},
        {"email": ["canary4711@example.com"]},
        {"password": "short"},
        {"password": "canary47"},
        {"password": "x" * 129},
        {"password": "correct horse battery\x00staple canary4711"},
        {"password": 12345678},
        {"password": None},
        {"password": "someone.1@example.com"},
        {"username": "ab"},
        {"username": "x" * 51},
        {"username": "canary4711 with spaces"},
        {"username": "canary4711\x00"},
        {"username": "canary4711/../x"},
        {"username": ""},
        {"username": 1},
        {"full_name": "canary4711\x00"},
        {"full_name": "canary4711\n"},
        {"full_name": "x" * 256},
        {"full_name": 1},
        {"is_active": 1},
        {"is_active": "true"},
        {"is_superuser": 0},
        {"is_superuser": "false"},
        {"roles": "member"},
        {"roles": [1]},
        {"roles": ["canary4711\x00"]},
        {"roles": ["member"] * 101},
        {"id": SOME_ID},
        {"permissions": ["users:read"]},
        {"password_hash": "canary4711"},
        {"email_verified": True},
    ],
    ids=shortly,
)
async def test_signing_up_refuses_bad_fields(client: Client, changes: dict[str, Json]) -> None:
    body: dict[str, Json] = {"email": "someone.1@example.com", "password": PASSWORD}
    refused(await client.post("/users", json=body | changes), "validation_error")


@pytest.mark.parametrize(
    "password", [rb"correct horse battery \ud800", rb"\udfffcorrect horse battery"]
)
async def test_signing_up_refuses_half_characters_in_a_password(
    client: Client, password: bytes
) -> None:
    body = b'{"email": "someone@example.com", "password": "' + password + b'"}'
    refused(await client.post("/users", content=body, headers=JSON), "validation_error")


_BESIDE = {"/users/me/password": ["new_password"], "/users/me/email": ["new_email"]}


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/users/me/password", "current_password"),
        ("POST", "/users/me/email", "password"),
        ("DELETE", "/users/me", "password"),
        ("DELETE", "/auth/mfa/totp", "password"),
    ],
)
async def test_what_is_nobodys_password_is_not_compared(
    client: Client, method: str, path: str, field: str
) -> None:
    member = await as_member(client)
    body = {field: "canary4711\0", "new_password": PASSWORD, "new_email": "next@example.com"}
    sent = {name: body[name] for name in (field, *_BESIDE.get(path, ()))}
    refused(await member.request(method, path, json=sent), "validation_error")


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (b"username=canary4711%00&password=x", {"validation_error"}),
        (b"username=canary4711&password=x%00", {"validation_error"}),
        (b"username=canary4711&password=%ED%A0%80", {"validation_error"}),
        (b"username=%FF%FEcanary4711&password=x", {"validation_error"}),
        (b"username=\xff\xfecanary4711&password=x", {"validation_error"}),
        (b"username=canary4711&password=x&password=y", {"validation_error"}),
        (b"username=canary4711\xc3\xa9&password=p\xc3\xa4ss+w%C3%B6rd", {"invalid_credentials"}),
        (b"username=canary4711@%00&password=x", {"validation_error"}),
        (b"username=" + b"canary4711" * 33 + b"&password=x", {"validation_error"}),
        (b"username=canary4711&password=" + b"x" * 1025, {"validation_error"}),
        (b"username=canary4711&password=" + b"x" * 1000, {"invalid_credentials"}),
        (b"username=canary4711", {"validation_error"}),
        (b"password=canary4711", {"validation_error"}),
        (b"", {"validation_error"}),
        (b"&&&===&", {"validation_error"}),
        (b"username=a&password=b&grant_type=canary4711", {"validation_error"}),
        (b"username=a&password=b&canary=1", {"validation_error"}),
        (b"username=a%0Ab&password=b", {"validation_error"}),
        (b"username=" + SOME_ID.encode() + b"&password=b", {"invalid_credentials"}),
        (b"username=@&password=b", {"invalid_credentials"}),
        (b"username=%F0%9F%92%A3@%F0%9F%92%A3.com&password=b", {"invalid_credentials"}),
        (b"a=1&" * 3000, {"validation_error"}),
    ],
    ids=shortly,
)
async def test_signing_in_takes_any_form_for_what_it_is(
    client: Client, body: bytes, codes: set[str]
) -> None:
    refused(await client.post("/auth/login", content=body, headers=FORM), *codes)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b'{"refresh_token": "canary4711"}', JSON, "invalid_credentials"),
        (rb'{"refresh_token": "canary4711\u0000"}', JSON, "validation_error"),
        (rb'{"refresh_token": "canary4711\ud800"}', JSON, "validation_error"),
        (b'{"refresh_token": ""}', JSON, "validation_error"),
        (b'{"refresh_token": 1}', JSON, "validation_error"),
        (b'{"refresh_token": "a", "refresh_token": "b"}', JSON, "malformed_json"),
        (b'{"refresh_token": "' + b"x" * 513 + b'"}', JSON, "validation_error"),
        (b'["canary4711"]', JSON, "validation_error"),
        (b"null", JSON, "validation_error"),
        (b"", JSON, "malformed_json"),
        (b"refresh_token=canary4711&grant_type=refresh_token", FORM, "invalid_credentials"),
        (b"refresh_token=canary4711&grant_type=password", FORM, "validation_error"),
        (b"refresh_token=%00", FORM, "validation_error"),
        (b"refresh_token=%FF", FORM, "validation_error"),
        (b"refresh_token=a&refresh_token=b", FORM, "validation_error"),
        (b"", FORM, "validation_error"),
        (b"refresh_token=canary4711", {}, "unsupported_media_type"),
        (b"", {}, "unsupported_media_type"),
        (b"<canary4711/>", {"Content-Type": "text/xml"}, "unsupported_media_type"),
        (
            b'--x\r\nContent-Disposition: form-data; name="refresh_token"\r\n\r\na\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            "unsupported_media_type",
        ),
    ],
    ids=shortly,
)
async def test_refreshing_takes_any_body_for_what_it_is(
    client: Client, body: bytes, headers: Mapping[str, str], code: str
) -> None:
    refused(await client.post("/auth/refresh", content=body, headers=headers), code)
