"""Standard clients and resource servers, which know OAuth 2 and nothing of this service."""

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import joserfc.jwk
import joserfc.jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from joserfc.errors import BadSignatureError

from adapters.memory.tables import OF_MEMBERS
from domain.access import Permission
from entrypoints.http.app import create_app
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings
from tests.http.callers import OTHER_PASSWORD, PASSWORD, as_holder_of, as_member
from tests.http.client import ROOT, Client

with warnings.catch_warnings(record=True):
    # It says at every import, whatever it is told, that it would rather have httpx2.
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.httpx_client import AsyncOAuth2Client

METADATA = f"{ROOT}/.well-known/oauth-authorization-server"
JWKS = f"{ROOT}/.well-known/jwks.json"


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def changed(settings: Settings, **changes: object) -> Settings:
    return load_settings(_env_file=None, **(settings.model_dump() | changes))


@asynccontextmanager
async def serving(settings: Settings, url: str, **changes: object) -> AsyncIterator[FastAPI]:
    app = create_app(changed(settings, public_base_url=ROOT, **changes), url)
    async with app.router.lifespan_context(app):
        yield app


def http_to(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT)


async def introspected(caller: Client, token: str) -> object:
    return (await caller.post("/auth/introspect", form={"token": token})).body


async def test_a_client_of_others_signs_in_refreshes_and_revokes(client: Client) -> None:
    ann = await as_member(client)
    server = (await client.get(METADATA)).body
    assert isinstance(server, dict)
    transport = client.http._transport
    endpoint = str(server["token_endpoint"]).replace(str(server["issuer"]), ROOT)
    async with AsyncOAuth2Client(
        client_id="theirs", token_endpoint_auth_method="none", transport=transport
    ) as theirs:
        token = await theirs.fetch_token(
            endpoint, username=ann.email, password=PASSWORD, grant_type="password"
        )
        me = await theirs.get(f"{ROOT}/api/v1/users/me")
        assert me.json()["id"] == ann.user_id

        renewed = await theirs.refresh_token(endpoint)
        assert renewed["refresh_token"] != token["refresh_token"]
        assert (await theirs.get(f"{ROOT}/api/v1/users/me")).status_code == 200

        answer = await theirs.revoke_token(
            f"{ROOT}/api/v1/auth/revoke", renewed["refresh_token"], "refresh_token"
        )
        assert answer.status_code == 200
        with pytest.raises(OAuthError, match="invalid_grant"):
            await theirs.refresh_token(endpoint)


async def test_a_client_of_others_understands_a_refusal(client: Client) -> None:
    ann = await as_member(client)
    async with AsyncOAuth2Client(
        token_endpoint_auth_method="none",
        transport=client.http._transport,
    ) as theirs:
        with pytest.raises(OAuthError, match="invalid_grant"):
            await theirs.fetch_token(
                f"{ROOT}/api/v1/auth/token", username=ann.email, password=OTHER_PASSWORD
            )


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/token"])
async def test_a_refusal_is_what_the_standard_calls_it(client: Client, path: str) -> None:
    ann = await as_member(client)
    grant = {"grant_type": "refresh_token", "refresh_token": ann.refresh_token}
    assert (await client.post(path, form=grant)).status == 200

    spent = await client.post(path, form=grant)
    assert spent.problem == (401, "token_revoked")
    assert (spent["error"], spent.headers["www-authenticate"]) == ("invalid_grant", "Bearer")
    incomplete = await client.post(path, form={"refresh_token": "\0"})
    assert incomplete.problem == (400, "validation_error")
    assert incomplete["error"] == "invalid_request"
    # Where a token opens the door it is another matter (RFC 6750 §3.1).
    outside = await ann.get("/users/me")
    assert (outside.problem, outside["error"]) == ((401, "token_revoked"), "invalid_token")


async def test_the_token_endpoint_knows_two_grants(client: Client) -> None:
    ann = await as_member(client)
    tokens = await client.post(
        "/auth/token",
        form={"grant_type": "password", "username": ann.email, "password": PASSWORD, "acr": "x"},
    )
    assert tokens.status == 200
    renewed = await client.post(
        "/auth/token",
        form={"grant_type": "refresh_token", "refresh_token": tokens.text("refresh_token")},
    )
    assert renewed.status == 200
    other = await client.post("/auth/token", form={"grant_type": "client_credentials"})
    assert other.problem == (400, "unsupported_grant_type")
    assert other["error"] == "unsupported_grant_type"


async def test_metadata_leads_to_what_there_is(client: Client) -> None:
    answer = await client.get(METADATA)
    issuer = answer.text("issuer")
    assert answer.headers["cache-control"] == "public, max-age=300"
    paths = {operation.template for operation in client.contract.operations}
    for name in ("token_endpoint", "jwks_uri", "introspection_endpoint", "revocation_endpoint"):
        assert answer.text(name).removeprefix(issuer) in paths
    assert answer["scopes_supported"] == sorted(Permission)


async def test_nobody_is_shown_a_shared_secret(client: Client) -> None:
    assert (await client.get(JWKS)).body == {"keys": []}


async def test_introspection_shows_ones_own_and_with_the_permission_anyones(client: Client) -> None:
    ann, bob = await as_member(client), await as_member(client)
    server = await as_holder_of(client, Permission.TOKENS_INTROSPECT)
    assert ann.token is not None

    shown = await introspected(ann, ann.token)

    assert isinstance(shown, dict)
    assert shown["active"] is True
    assert shown["sub"] == ann.user_id
    assert shown["scope"] == " ".join(sorted(OF_MEMBERS))
    assert await introspected(server, ann.token) == shown
    assert await introspected(bob, ann.token) == {"active": False}
    await ann.post("/auth/logout")
    assert await introspected(server, ann.token) == {"active": False}
    assert await introspected(server, ann.refresh_token) == {"active": False}
    assert await introspected(server, "junk") == {"active": False}


async def test_revoking_says_nothing_and_ends_the_session(client: Client) -> None:
    ann = await as_member(client)
    for token in ("junk", ann.refresh_token, ann.refresh_token):
        answer = await client.post("/auth/revoke", form={"token": token})
        assert (answer.status, answer.body) == (200, {})
    assert (await ann.get("/users/me")).problem == (401, "token_revoked")


@pytest.mark.parametrize(
    ("algorithm", "pem"),
    [
        ("ES256", pem_of(ec.generate_private_key(ec.SECP256R1()))),
        ("RS256", pem_of(rsa.generate_private_key(65537, 2048))),
    ],
)
async def test_others_verify_access_tokens_by_the_published_keys(
    settings: Settings, database_url: str, algorithm: str, pem: str
) -> None:
    async with (
        serving(settings, database_url, jwt_algorithm=algorithm, jwt_private_keys=[pem]) as app,
        http_to(app) as http,
    ):
        ann = {"email": "ann@example.com", "password": PASSWORD}
        await http.post("/api/v1/users", json=ann)
        form = {"username": ann["email"], "password": PASSWORD}
        tokens = (await http.post("/api/v1/auth/login", data=form)).json()
        keys = joserfc.jwk.KeySet.import_key_set((await http.get(JWKS)).json())

        verified = joserfc.jwt.decode(tokens["access_token"], keys, algorithms=[algorithm])

        joserfc.jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ROOT},
            aud={"essential": True, "value": ROOT},
            sub={"essential": True},
        ).validate(verified.claims)
        forged = tokens["access_token"][:-4] + "AAAA"
        with pytest.raises(BadSignatureError):
            joserfc.jwt.decode(forged, keys, algorithms=[algorithm])


async def test_rotating_keys_signs_nobody_out(settings: Settings, database_url: str) -> None:
    """From a secret to a key, to the next key, and on until the first is forgotten."""
    old, new = (pem_of(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    another_secret = "another secret of the tests, and of nobody else"
    assert settings.secret_key is not None
    first_secret = settings.secret_key.get_secret_value()
    stages: list[dict[str, object]] = [
        {},
        {"secret_key": another_secret, "secret_key_previous": first_secret},
        {"jwt_private_keys": [old]},
        {
            "jwt_algorithm": "ES256",
            "jwt_private_keys": [old],
            "secret_key_previous": another_secret,
        },
        {"jwt_algorithm": "ES256", "jwt_private_keys": [old, new]},
        {"jwt_algorithm": "ES256", "jwt_private_keys": [new, old]},
        {"jwt_algorithm": "ES256", "jwt_private_keys": [new]},
    ]
    for stage in stages[1:]:
        stage["secret_key"] = another_secret
    held: dict[str, str] = {}
    for stage in stages:
        async with serving(settings, database_url, **stage) as app, http_to(app) as http:
            if not held:
                ann = {"email": "ann@example.com", "password": PASSWORD}
                await http.post("/api/v1/users", json=ann)
                form = {"username": ann["email"], "password": PASSWORD}
                held = (await http.post("/api/v1/auth/login", data=form)).json()
            bearer = {"Authorization": f"Bearer {held['access_token']}"}
            # What the stage before signed is still good, and so is what it issued to refresh.
            assert (await http.get("/api/v1/users/me", headers=bearer)).status_code == 200, stage
            renewal = {"refresh_token": held["refresh_token"]}
            held = (await http.post("/api/v1/auth/refresh", json=renewal)).json()


async def test_a_retired_key_that_is_gone_verifies_nothing(
    settings: Settings, database_url: str
) -> None:
    old, new = (pem_of(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    rotated = {"jwt_algorithm": "ES256", "jwt_private_keys": [old]}
    async with serving(settings, database_url, **rotated) as app, http_to(app) as http:
        ann = {"email": "ann@example.com", "password": PASSWORD}
        await http.post("/api/v1/users", json=ann)
        form = {"username": ann["email"], "password": PASSWORD}
        held = (await http.post("/api/v1/auth/login", data=form)).json()
    bearer = {"Authorization": f"Bearer {held['access_token']}"}
    rotated = {"jwt_algorithm": "ES256", "jwt_private_keys": [new]}
    async with serving(settings, database_url, **rotated) as app, http_to(app) as http:
        answer = await http.get("/api/v1/users/me", headers=bearer)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_token"


def test_the_settings_show_no_private_key(settings: Settings) -> None:
    pem = pem_of(ec.generate_private_key(ec.SECP256R1()))
    shown = repr(changed(settings, jwt_algorithm="ES256", jwt_private_keys=[pem]))
    assert pem.splitlines()[1] not in shown
