"""A dump of the database, the log and the refusals hold no secret in the clear.

To extend it, write what is done as a step, plant what is secret about it, and name it in STEPS.
"""

import asyncio
import base64
import hashlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import asyncpg
import attrs
import httpx
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.security.one_time_tokens import HmacOneTimeTokenSecrets
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose
from tests.adapters.postgres.watching import Session, until
from tests.free_port import free_port
from tests.system.canaries import Canaries
from tests.system.service import API, PROJECT, Installation

ANN = "ann@example.com"
ROOT = "root@example.com"

_TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""


@attrs.define(eq=False)
class Journey:
    """Ann uses all that there is; what she is answered where she is refused is kept."""

    http: httpx.AsyncClient
    database: Session
    database_url: str
    canaries: Canaries
    secret_key: str
    password: str
    tokens: Mapping[str, str] = attrs.field(factory=dict)
    told: list[str] = attrs.field(factory=list)
    """Refusals, and what the command line wrote."""

    async def send(
        self,
        method: str,
        path: str,
        expected: int,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        is_signed_in: bool = False,
    ) -> httpx.Response:
        sent = dict(headers or {})
        if is_signed_in:
            sent["Authorization"] = f"Bearer {self.tokens['access_token']}"
        answer = await self.http.request(
            method, f"{API}{path}", json=json, data=form, content=content, headers=sent
        )
        assert answer.status_code == expected, f"{method} {path} answered {answer.status_code}"
        if answer.is_error:
            self.told += [answer.text, str(answer.headers.raw)]
        return answer

    async def sign_in(self) -> None:
        form = {"username": ANN, "password": self.password}
        self.take(await self.send("POST", "/auth/login", 200, form=form))

    def take(self, answer: httpx.Response) -> None:
        issued: dict[str, str] = answer.json()
        for what in ("access_token", "refresh_token"):
            self.canaries.plant(what, issued[what])
        self.canaries.plant("signature", issued["access_token"].rpartition(".")[2])
        self.tokens = issued

    async def mailed(self, purpose: TokenPurpose) -> str:
        """What the newest mail with such a link leads to, once it is there."""
        found: list[UUID] = []

        async def is_mailed() -> bool:
            found[:] = [
                record["id"]
                for record in await self.database.fetch(
                    "SELECT id FROM one_time_tokens WHERE purpose = $1 AND spent_at IS NULL"
                    " ORDER BY created_at DESC",
                    purpose.value,
                )
            ]
            return bool(found)

        await until(is_mailed, seconds=10)
        secrets = HmacOneTimeTokenSecrets(self.secret_key.encode())
        text = secrets.text_of(purpose, OneTimeTokenId(UUID(str(found[0]))))
        return self.canaries.plant(f"{purpose} token", text)

    async def dump(self) -> list[str]:
        """Every row of every table, as text."""
        rows = []
        for (table,) in await self.database.fetch(_TABLES):
            query = f"SELECT each::text FROM {table} AS each"  # noqa: S608 - PostgreSQL's own names
            rows += [str(record[0]) for record in await self.database.fetch(query)]
        return rows


Step = Callable[[Journey], Awaitable[None]]


async def signs_up_and_in(ann: Journey) -> None:
    body = {"email": ANN, "password": ann.password, "username": "ann"}
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    for _ in range(2):
        await ann.send("POST", "/users", 201, json=body, headers=key)
    await ann.send("POST", "/users", 409, json=body)
    await ann.sign_in()


async def types_what_is_wrong(ann: Journey) -> None:
    planted = ann.canaries.password
    for form in (
        {"username": ANN, "password": planted("wrong password")},
        {"username": planted("password in the place of the name"), "password": "x"},
        {"username": "nobody@example.com", "password": planted("stranger's password")},
    ):
        await ann.send("POST", "/auth/login", 401, form=form)
    for body in (
        {"email": "no email", "password": planted("password beside a fault")},
        {"email": "bob@example.com", "password": planted("password without end") * 20},
        {"email": "bob@example.com", "pasword": planted("misspelt password")},
        {"email": planted("password for an email"), "password": "x"},
    ):
        await ann.send("POST", "/users", 400, json=body)
    broken = f'{{"password": "{planted("password in broken JSON")}", '.encode()
    json = {"Content-Type": "application/json"}
    await ann.send("POST", "/users", 400, content=broken, headers=json)
    await ann.send("POST", "/users", 415, content=planted("password as text").encode())
    await ann.send("GET", f"/users/me?access_token={planted('token in the query')}", 401)
    for scheme in ("Bearer", "Basic", "Token"):
        junk = base64.b64encode(planted(f"{scheme} credentials").encode()).decode()
        header = {"Authorization": f"{scheme} {ann.canaries.plant('credentials', junk)}"}
        await ann.send("GET", "/users/me", 401, headers=header)
    cookie = {"Cookie": f"session={planted('cookie')}"}
    await ann.send("GET", "/users/me", 401, headers=cookie)


async def refreshes_and_is_robbed(ann: Journey) -> None:
    first = ann.tokens
    for _ in range(2):
        spent = {"refresh_token": ann.tokens["refresh_token"]}
        ann.take(await ann.send("POST", "/auth/refresh", 200, json=spent))
    robbed = {"refresh_token": first["refresh_token"]}
    await ann.send("POST", "/auth/refresh", 401, json=robbed)
    await ann.send("GET", "/users/me", 401, is_signed_in=True)
    junk = {"refresh_token": ann.canaries.password("junk for a refresh token")}
    await ann.send("POST", "/auth/refresh", 401, json=junk)
    await ann.sign_in()


async def speaks_oauth(ann: Journey) -> None:
    form = {"grant_type": "password", "username": ANN, "password": ann.password}
    form["client_secret"] = ann.canaries.password("client secret")
    ann.take(await ann.send("POST", "/auth/token", 200, form=form))
    for token in (*map(ann.tokens.__getitem__, ("access_token", "refresh_token")), "junk"):
        shown = {"token": token}
        await ann.send("POST", "/auth/introspect", 200, form=shown, is_signed_in=True)
    await ann.send("POST", "/auth/revoke", 200, form={"token": ann.tokens["refresh_token"]})
    await ann.sign_in()


async def makes_an_api_key(ann: Journey) -> None:
    body = {"name": "Nightly import", "permissions": ["users:read"], "password": ann.password}
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    answer = await ann.send(
        "POST", "/auth/api-keys", 201, json=body, headers=key, is_signed_in=True
    )
    made = answer.json()
    # What it begins with is kept, for its owner to know it by.
    ann.canaries.plant("API key", made["key"][len(made["prefix"]) :])
    for header in ({"Authorization": f"Bearer {made['key']}"}, {"X-API-Key": made["key"]}):
        await ann.send("GET", "/users/me", 200, headers=header)
        await ann.send("GET", "/auth/api-keys", 403, headers=header)
    await ann.send("DELETE", f"/auth/api-keys/{made['id']}", 204, is_signed_in=True)
    await ann.send("GET", "/users/me", 401, headers={"X-API-Key": made["key"]})


async def uses_an_authenticator_app(ann: Journey) -> None:
    setup = (await ann.send("POST", "/auth/mfa/totp", 201, is_signed_in=True)).json()
    ann.canaries.plant("TOTP secret", setup["secret"])
    ann.canaries.plant("TOTP secret in hex", base64.b32decode(setup["secret"]).hex())
    app = pyotp.TOTP(setup["secret"])
    confirmed = await ann.send(
        "POST", "/auth/mfa/totp/confirm", 200, json={"code": app.now()}, is_signed_in=True
    )
    codes: list[str] = confirmed.json()["recovery_codes"]
    for code in codes:
        ann.canaries.plant("recovery code", code)
        ann.canaries.plant("recovery code without hyphens", code.replace("-", ""))
    form = {"username": ANN, "password": ann.password}
    # Past `send`: this refusal alone gives its reader something secret.
    asked = await ann.http.post(f"{API}/auth/login", data=form)
    token = ann.canaries.plant("MFA token", asked.json()["mfa_token"])
    wrong = ann.canaries.password("password in the place of the code")
    for code, expected in ((wrong, 401), (codes[0], 200), (codes[1], 401)):
        shown = {"mfa_token": token, "code": code}
        answer = await ann.send("POST", "/auth/login/mfa", expected, json=shown)
        if expected == 200:
            ann.take(answer)
    body = {"password": ann.password}
    await ann.send("DELETE", "/auth/mfa/totp", 204, json=body, is_signed_in=True)


async def verifies_her_address(ann: Journey) -> None:
    await ann.send("POST", "/auth/verify-email/request", 202, is_signed_in=True)
    token = await ann.mailed(TokenPurpose.VERIFY_EMAIL)
    await ann.send("POST", "/auth/verify-email", 204, json={"token": token})
    await ann.send("POST", "/auth/verify-email", 400, json={"token": token})


async def changes_her_password(ann: Journey) -> None:
    new = ann.canaries.password("changed password")
    wrong = ann.canaries.password("wrong present password")
    for current, expected in ((wrong, 403), (ann.password, 204)):
        body = {"current_password": current, "new_password": new}
        await ann.send("POST", "/users/me/password", expected, json=body, is_signed_in=True)
    ann.password = new
    # The mail that tells of it.
    await ann.mailed(TokenPurpose.NOT_ME)


async def forgets_her_password(ann: Journey) -> None:
    await ann.send("POST", "/auth/password/forgot", 202, json={"email": ANN})
    token = await ann.mailed(TokenPurpose.RESET_PASSWORD)
    new = ann.canaries.password("password after a reset")
    for expected in (204, 400):
        body = {"token": token, "new_password": new}
        await ann.send("POST", "/auth/password/reset", expected, json=body)
    ann.password = new
    await ann.sign_in()


async def moves_to_another_address(ann: Journey) -> None:
    body = {"new_email": "ann@example.org", "password": ann.password}
    await ann.send("POST", "/users/me/email", 202, json=body, is_signed_in=True)
    token = await ann.mailed(TokenPurpose.CONFIRM_EMAIL)
    await ann.send("POST", "/auth/verify-email", 204, json={"token": token})
    form = {"username": "ann", "password": ann.password}
    ann.take(await ann.send("POST", "/auth/login", 200, form=form))


async def signs_in_by_a_new_device(ann: Journey) -> None:
    form = {"username": "ann", "password": ann.password}
    phone = {"User-Agent": "App/1.0 (phone)"}
    ann.take(await ann.send("POST", "/auth/login", 200, form=form, headers=phone))


async def is_given_a_password_by_the_operator(ann: Journey) -> None:
    ann.password = ann.canaries.password("password from the command line")
    command = (sys.executable, "-m", "entrypoints.cli.main")
    ran = await asyncio.to_thread(
        subprocess.run,
        [*command, "users", "set-password", "ann", "--password-stdin"],
        input=ann.password,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "DATABASE_URL": ann.database_url,
            "SECRET_KEY": ann.secret_key,
            "BCRYPT_COST": "4",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    ann.told += [ran.stdout, ran.stderr]


async def says_that_it_was_not_her(ann: Journey) -> None:
    token = await ann.mailed(TokenPurpose.NOT_ME)
    await ann.send("POST", "/auth/not-me", 204, json={"token": token})


STEPS: tuple[Step, ...] = (
    signs_up_and_in,
    types_what_is_wrong,
    refreshes_and_is_robbed,
    speaks_oauth,
    makes_an_api_key,
    uses_an_authenticator_app,
    verifies_her_address,
    changes_her_password,
    forgets_her_password,
    moves_to_another_address,
    signs_in_by_a_new_device,
    is_given_a_password_by_the_operator,
    says_that_it_was_not_her,
)


def a_private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def secret_settings(canaries: Canaries) -> dict[str, str]:
    pem = a_private_key()
    for line in pem.splitlines()[1:-1]:
        canaries.plant("private key", line)
    return {
        # Twice, to be long enough.
        "SECRET_KEY": canaries.password("SECRET_KEY") * 2,
        "SECRET_KEY_PREVIOUS": canaries.password("SECRET_KEY_PREVIOUS") * 2,
        "DATA_ENCRYPTION_KEYS": canaries.password("DATA_ENCRYPTION_KEYS") * 2,
        "JWT_PRIVATE_KEYS": pem,
        "FIRST_SUPERUSER_PASSWORD": canaries.password("FIRST_SUPERUSER_PASSWORD"),
        "SMTP_PASSWORD": canaries.password("SMTP_PASSWORD"),
    }


async def test_neither_the_database_nor_the_log_nor_a_refusal_holds_a_secret(
    installation: Installation, own_database_url: str
) -> None:
    canaries = Canaries()
    planted = secret_settings(canaries)
    server = installation.serve(
        DATABASE_URL=own_database_url,
        LOG_LEVEL="debug",
        # And so of every statement.
        DATABASE_SLOW_STATEMENT="0.0000001",
        FIRST_SUPERUSER_EMAIL=ROOT,
        # Nobody is there: why a mail did not leave is logged, and stored with its job.
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(free_port()),
        SMTP_USER="tessera",
        MAIL_FROM="tessera@example.com",
        **planted,
    ).wait_until_ready()
    database = await asyncpg.connect(own_database_url)
    async with httpx.AsyncClient(base_url=server.url, timeout=15) as http:
        ann = Journey(
            http=http,
            database=database,
            database_url=own_database_url,
            canaries=canaries,
            secret_key=planted["SECRET_KEY"],
            password=canaries.password("password"),
        )
        for step in STEPS:
            await step(ann)
        figures = (await http.get("/metrics")).text

    dump, log = await ann.dump(), server.complaint + server.announcement
    await database.close()
    # They are whole, so that what is not in them is nowhere.
    assert any(ROOT in row for row in dump)
    assert any("Nightly import" in row for row in dump)
    assert f"POST {API}/auth/login 401" in log
    assert "a statement took" in log
    assert 'tessera_jobs_total{kind="mail.send",outcome="failed"}' in figures
    assert any("invalid_credentials" in text for text in ann.told)
    assert canaries.found_in(*dump) == set()
    assert canaries.found_in(log, figures) == set()
    assert canaries.found_in(*ann.told) == set()


LEFT_BEHIND: Mapping[str, Callable[[str], str]] = {
    "text": "password={}".format,
    "hex": lambda secret: secret.encode().hex().upper(),
    "Basic": lambda secret: base64.b64encode(f"ann:{secret}".encode()).decode(),
    "base64url": lambda secret: base64.urlsafe_b64encode(f"Ann:{secret}:x".encode()).decode(),
    "base32": lambda secret: base64.b32encode(secret.encode()).decode(),
    "SHA-256": lambda secret: hashlib.sha256(secret.encode()).hexdigest(),
}


@pytest.mark.parametrize("left", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_is_left_behind_is_found(left: Callable[[str], str]) -> None:
    canaries = Canaries()
    secret = canaries.password("password")
    assert canaries.found_in("nothing", left(secret))
    assert not canaries.found_in(left("Canary-another-one-sings"))


def test_the_bytes_that_a_token_stands_for_are_found() -> None:
    canaries, random = Canaries(), os.urandom(48)
    canaries.plant("token", base64.urlsafe_b64encode(random).decode())
    assert canaries.found_in(f"\\x{random[-32:].hex()}")
