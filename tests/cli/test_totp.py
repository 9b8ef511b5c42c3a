"""What operators do about the second factor, and about what its secrets are encrypted with."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from application.auth.login import Login, LoginHandler
from application.auth.login_mfa import LoginMfa, LoginMfaHandler
from application.auth.set_up_totp import SetUpTotpHandler
from domain.access import ANONYMOUS, UserId
from domain.passwords import Password
from domain.secrets import UnreadableSecret
from domain.totp import MfaRequired, Totp, code_of, sealing_context, step_at
from entrypoints.bootstrap.services import Services
from entrypoints.cli.failures import Refused
from entrypoints.cli.session import with_services
from entrypoints.settings.rules import MIN_SECRET_BYTES
from tests.cli.commands import PASSWORD, SETTINGS, Cli

SECRET = b"canary in the app..."


def has_app(cli: Cli, email: str) -> None:
    made = cli.create_user(email)
    with_services(partial(_has_app, user_id=UserId(UUID(str(made["id"])))))


async def _has_app(services: Services, user_id: UserId) -> None:
    handler, now = services[SetUpTotpHandler], datetime.now(UTC)
    sealed = handler.cipher.seal(SECRET, sealing_context(user_id))
    totp = Totp(
        user_id=user_id,
        key_id=sealed.key_id,
        sealed_secret=sealed.data,
        created_at=now,
        confirmed_at=now,
    )
    async with handler.begin() as uow:
        await uow.totps.put(totp)
        await uow.commit()


def sign_in(name: str) -> None:
    with_services(partial(_sign_in, name=name))


async def _sign_in(services: Services, name: str) -> None:
    try:
        await services[LoginHandler](Login(name=name, password=Password(PASSWORD)), ANONYMOUS)
    except MfaRequired as required:
        code = code_of(SECRET, step_at(datetime.now(UTC)))
        show = LoginMfa(mfa_token=required.mfa_token, code=code)
        await services[LoginMfaHandler](show, ANONYMOUS)


def mfa_is_asked_for(name: str) -> bool:
    login = Login(name=name, password=Password(PASSWORD))

    async def asked(services: Services) -> bool:
        try:
            await services[LoginHandler](login, ANONYMOUS)
        except MfaRequired:
            return True
        return False

    return with_services(asked)


def sealed_by(database_url: str) -> set[str]:
    async def key_ids() -> set[str]:
        connection = await asyncpg.connect(database_url)
        try:
            rows = await connection.fetch("SELECT key_id FROM totps")
        finally:
            await connection.close()
        return {row["key_id"] for row in rows}

    return asyncio.run(key_ids())


def test_lets_in_who_has_lost_the_authenticator_app(cli: Cli) -> None:
    has_app(cli, "ada@example.com")
    assert mfa_is_asked_for("ada")

    assert cli("users", "reset-totp", "ada").is_refused("no terminal to ask for a yes: use --yes")
    done = cli("users", "reset-totp", "ada", "--yes")

    assert done.out == "took the authenticator app off ada@example.com\n"
    assert not mfa_is_asked_for("ada")
    assert cli("users", "reset-totp", "ada", "--yes", "--json").is_refused(
        "The account has no authenticator app."
    )


def test_makes_a_key_to_encrypt_with(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    key = cli("keys", "generate", "--data").out.strip()
    shown = cli("keys", "generate", "--data", "--json").document

    assert len(key.encode()) >= MIN_SECRET_BYTES
    assert shown["key"] != key
    environment.setenv("DATA_ENCRYPTION_KEYS", str(shown["key"]))
    assert cli("keys", "rotate-data", "--json").document["key_id"] == shown["key_id"]
    both = cli("keys", "generate", "--data", "--algorithm", "HS256")
    assert both.is_refused("--data and --algorithm are for different keys", status=2)


def test_after_a_rotation_the_old_key_can_be_dropped(
    cli: Cli, environment: pytest.MonkeyPatch, database_url: str
) -> None:
    old, new = (cli("keys", "generate", "--data").out.strip() for _ in range(2))
    environment.setenv("DATA_ENCRYPTION_KEYS", old)
    has_app(cli, "ada@example.com")
    has_app(cli, "bob@example.com")

    # Every process knows the new key before any encrypts with it.
    environment.setenv("DATA_ENCRYPTION_KEYS", f"{old},{new}")
    assert cli("keys", "rotate-data").out == "encrypted anew 0\n"
    environment.setenv("DATA_ENCRYPTION_KEYS", f"{new},{old}")
    before = sealed_by(database_url)
    assert cli("keys", "rotate-data").out == "encrypted anew 2\n"
    assert cli("keys", "rotate-data").out == "encrypted anew 0\n"

    environment.setenv("DATA_ENCRYPTION_KEYS", new)
    assert len(before) == len(sealed_by(database_url)) == 1
    assert before.isdisjoint(sealed_by(database_url))
    sign_in("ada")


def test_without_a_rotation_it_can_not(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    old, new = (cli("keys", "generate", "--data").out.strip() for _ in range(2))
    environment.setenv("DATA_ENCRYPTION_KEYS", old)
    has_app(cli, "ada@example.com")

    environment.setenv("DATA_ENCRYPTION_KEYS", new)

    with pytest.raises(Refused) as refusal:
        sign_in("ada")
    assert isinstance(refusal.value.__cause__, UnreadableSecret)
    lost = cli("keys", "rotate-data")
    assert (lost.status, lost.out) == (1, "")
    assert lost.err == (
        "error: 1 secrets were encrypted with keys that are not set; encrypted anew: 0\n"
    )


def test_keys_of_their_own_can_come_after_the_servers_secret(
    cli: Cli, environment: pytest.MonkeyPatch
) -> None:
    has_app(cli, "ada@example.com")
    environment.setenv("DATA_ENCRYPTION_KEYS", cli("keys", "generate", "--data").out.strip())

    assert cli("keys", "rotate-data").out == "encrypted anew 1\n"

    environment.setenv("SECRET_KEY", "another secret of the tests, and nobody's")
    sign_in("ada")


def test_the_servers_secret_can_be_replaced(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    has_app(cli, "ada@example.com")
    environment.setenv("SECRET_KEY_PREVIOUS", "a secret of the tests, and of nobody else")
    environment.setenv("SECRET_KEY", "another secret of the tests, and nobody's")

    assert cli("keys", "rotate-data").out == "encrypted anew 1\n"

    environment.delenv("SECRET_KEY_PREVIOUS")
    sign_in("ada")


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("DATA_ENCRYPTION_KEYS", "short", "must have at least 32 bytes each"),
        ("DATA_ENCRYPTION_KEYS", f"{'k' * 32},{'k' * 32}", "must not name a key twice"),
        ("TOTP_ISSUER", "a:b", "must be plain text without a colon"),
    ],
)
def test_refuses_what_would_not_do(
    cli: Cli, environment: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    environment.setenv(name, value)

    refused = cli("keys", "rotate-data")

    assert (refused.status, refused.err) == (2, f"error: {name}: {fault}\n")
    assert value not in refused.err


def test_keys_to_encrypt_with_can_be_in_a_file(
    cli: Cli, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shown = cli("keys", "generate", "--data", "--json").document
    file = tmp_path_factory.mktemp("secrets") / "data_keys"
    file.write_text(f"{shown['key']},{'k' * 40}\n", encoding="utf-8")
    environment.setenv("DATA_ENCRYPTION_KEYS_FILE", str(file))

    assert cli("keys", "rotate-data", "--json").document["key_id"] == shown["key_id"]


def test_the_servers_secret_can_not_be_replaced_and_forgotten(
    cli: Cli, environment: pytest.MonkeyPatch
) -> None:
    has_app(cli, "ann@example.com")
    assert cli("config", "check").status == 0
    environment.setenv("SECRET_KEY", "another secret of the tests, and nobody's")

    assert cli("config", "check").err == (
        "error: keys: second factors that can't be read: 1; the key that encrypted them, a"
        " SECRET_KEY or one of DATA_ENCRYPTION_KEYS, is not set any more\n"
    )
    environment.setenv("SECRET_KEY_PREVIOUS", SETTINGS["SECRET_KEY"])
    assert cli("config", "check").status == 0
