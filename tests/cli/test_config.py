"""`tessera config`."""

import json
import re
import socket
from pathlib import Path

import pytest

from adapters.postgres.revision import newest_revision
from domain.text import Json
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings
from tests.cli.commands import SETTINGS, Cli, as_object
from tests.mail_server import mail_server_aside
from tests.redis_server import RedisServer


def checks(document: dict[str, Json]) -> list[tuple[Json, Json]]:
    listed = document["checks"]
    assert isinstance(listed, list)
    return [(as_object(each)["check"], as_object(each)["result"]) for each in listed]


def test_shows_every_setting_and_no_secret(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://ann:hush@db.example.com/tessera?password=hush")
    environment.setenv(
        "DATABASE_REPLICA_URLS", "postgres://ann:hush@one/tessera, postgresql://two/tessera"
    )
    environment.setenv("REDIS_URL", "rediss://:hush@redis.example.com/3?ssl_password=hush")
    environment.setenv("BROKER_URL", "rediss://ann:hush@redis.example.com/0")
    environment.setenv("FIRST_SUPERUSER_EMAIL", "root@example.com")
    environment.setenv("FIRST_SUPERUSER_PASSWORD", "hush hush")
    environment.setenv("ALLOWED_HOSTS", "a.example.com,b.example.com")
    shown = cli("config", "show", "--json").document
    assert list(shown) == [name.upper() for name in Settings.model_fields]
    assert shown["SECRET_KEY"] == shown["FIRST_SUPERUSER_PASSWORD"] == "********"
    assert shown["DATABASE_URL"] == (
        "postgresql://ann:********@db.example.com/tessera?password=********"
    )
    assert shown["DATABASE_REPLICA_URLS"] == [
        "postgresql://ann:********@one/tessera",
        "postgresql://two/tessera",
    ]
    assert shown["REDIS_URL"] == ("rediss://:********@redis.example.com/3?ssl_password=********")
    assert shown["BROKER_URL"] == "rediss://ann:********@redis.example.com/0"
    assert "hush" not in repr(load_settings())
    assert shown["ALLOWED_HOSTS"] == ["a.example.com", "b.example.com"]
    table = cli("config", "show").out
    assert "hush" not in table
    assert SETTINGS["SECRET_KEY"] not in table
    assert re.search(r"^BCRYPT_COST +4$", table, re.MULTILINE)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres@/tessera?host=/tmp/run&port=5432",
        "postgresql://db.example.com",
        "postgresql://ann@db.example.com:5432/tessera",
    ],
)
def test_shows_a_url_without_a_password_as_it_is(
    cli: Cli, environment: pytest.MonkeyPatch, url: str
) -> None:
    environment.setenv("DATABASE_URL", url)
    assert cli("config", "show", "--json").document["DATABASE_URL"] == url


def test_finds_nothing_wrong_where_nothing_is(cli: Cli) -> None:
    examined = cli("config", "check", "--json").document
    assert examined["ok"] is True
    assert checks(examined) == [
        ("settings", "ok"),
        ("database", "ok"),
        ("version", "ok"),
        ("migrations", "ok"),
        ("clock", "ok"),
        ("keys", "ok"),
    ]
    assert cli("config", "check").status == 0


def test_names_the_faults_of_all_kinds_at_once(
    environment: pytest.MonkeyPatch, own_database_url: str
) -> None:
    environment.setenv("DATABASE_URL", own_database_url)
    cli = Cli()
    cli("db", "downgrade", "base", "--yes")
    environment.setenv("ENVIRONMENT", "production")
    environment.setenv("PORT", "high")
    environment.setenv("SECRET_KEY", "hush")
    outcome = cli("config", "check", "--json")
    assert outcome.status == 2
    found = checks(as_object(json.loads(outcome.out)))
    faults = [str(result).partition(":")[0] for check, result in found if check == "settings"]
    assert faults == [
        *("PORT", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_BASE_URL", "BCRYPT_COST", "SMTP_HOST"),
    ]
    missing = f"at None, not {newest_revision()}: run `tessera db upgrade`"
    assert found[6:10] == [
        ("database", "ok"),
        ("version", "ok"),
        ("migrations", missing),
        ("clock", "ok"),
    ]
    assert outcome.err.splitlines()[-1] == f"error: migrations: {missing}"
    assert len(outcome.err.splitlines()) == 7


def test_tries_the_mail_server(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SMTP_HOST", "127.0.0.1")
    environment.setenv("SMTP_PORT", "1")
    assert cli("config", "check").err.startswith("error: settings: MAIL_FROM: must be set")
    environment.setenv("MAIL_FROM", "Tessera <tessera@example.com>")
    [fault] = cli("config", "check").err.splitlines()
    assert fault.startswith("error: mail: no connection to the mail server: ")


def test_finds_a_mail_server_that_answers(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SMTP_HOST", "127.0.0.1")
    environment.setenv("SMTP_STARTTLS", "false")
    environment.setenv("MAIL_FROM", "Tessera <tessera@example.com>")
    with mail_server_aside() as port:
        environment.setenv("SMTP_PORT", str(port))
        assert checks(cli("config", "check", "--json").document)[-1] == ("mail", "ok")


def test_gives_up_on_what_does_not_say_anything(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    environment.setattr("entrypoints.cli.doctor._ANSWERS_WITHIN", 0.1)
    environment.setenv("SMTP_HOST", "127.0.0.1")
    environment.setenv("MAIL_FROM", "Tessera <tessera@example.com>")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment.setenv("SMTP_PORT", str(silent.getsockname()[1]))
        assert cli("config", "check").err == "error: mail: nothing within 0.1 s\n"


def test_finds_out_whether_the_broker_answers(
    cli: Cli, environment: pytest.MonkeyPatch, own_redis_server: RedisServer
) -> None:
    environment.setenv("BROKER_URL", own_redis_server.url)
    assert checks(cli("config", "check", "--json").document)[-1] == ("broker", "ok")
    own_redis_server.kill()
    refusal = cli("config", "check")
    assert refusal.status == 1
    assert refusal.err.startswith("error: broker: The broker does not answer: ")


def test_wants_a_broker_that_is_a_redis(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BROKER_URL", "amqp://rabbit.example.com")
    assert Cli()("config", "show").is_refused(
        "BROKER_URL: must be like redis://127.0.0.1:6379/0 or rediss://…", status=2
    )


@pytest.mark.parametrize("sender", ["nobody", "a@b\r\nBcc: eve@example.com", "Tessera <>"])
def test_wants_an_address_to_send_from(environment: pytest.MonkeyPatch, sender: str) -> None:
    environment.setenv("MAIL_FROM", sender)
    outcome = Cli()("config", "show")
    assert outcome.is_refused(
        "MAIL_FROM: must be an email address, with a name before it if you like", status=2
    )


def test_finds_an_unreachable_database(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    outcome = Cli()("config", "check")
    assert outcome.status == 1
    assert outcome.err.startswith("error: database: the database does not answer: ")


def test_finds_a_url_that_cannot_be_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://ann:a/b@127.0.0.1:x/nothing")
    outcome = Cli()("config", "check")
    assert outcome.status == 1
    assert outcome.err.startswith("error: database: DATABASE_URL can't be read")


def test_examines_no_database_that_it_cannot_find(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "mysql://127.0.0.1/nothing")
    outcome = Cli()("config", "check")
    assert outcome.err.splitlines() == [
        "error: settings: DATABASE_URL: must start with postgresql://",
        "error: database: not examined, because of the settings",
    ]


def test_finds_a_redis_that_answers_and_one_that_does_not(
    cli: Cli, environment: pytest.MonkeyPatch, redis_url: str
) -> None:
    environment.setenv("REDIS_URL", redis_url)
    environment.setenv("REDIS_TIMEOUT", "1")
    assert checks(cli("config", "check", "--json").document)[-1] == ("redis", "ok")
    environment.setenv("REDIS_URL", "redis://ann:hush@127.0.0.1:1/0")
    assert cli("config", "check").err == "error: redis: Redis does not answer: ConnectionError\n"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:6379",
        "redis://:hush/hush@127.0.0.1:6379/0",
        "redis://:1/hush@127.0.0.1",
        "redis://:1#hush@127.0.0.1:6379",
        "redis://127.0.0.1/0?socket_timeout=hush",
        "redis://127.0.0.1/hush",
    ],
)
def test_finds_a_url_of_no_redis(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("REDIS_URL", url)
    outcome = Cli()("config", "check")
    assert outcome.err.splitlines()[0] == (
        "error: settings: REDIS_URL: must be like redis://127.0.0.1:6379/0, rediss://… or unix://…"
    )
    assert "hush" not in outcome.out + outcome.err


def test_makes_no_database_only_to_examine_it(environment: pytest.MonkeyPatch) -> None:
    assert Cli()("config", "check").status == 0


def test_connects_to_each_replica(
    cli: Cli, environment: pytest.MonkeyPatch, own_database_url: str
) -> None:
    replicas = ["postgresql://ann:hush@127.0.0.1:1/tessera", own_database_url]
    environment.setenv("DATABASE_REPLICA_URLS", json.dumps(replicas))
    outcome = cli("config", "check", "--json")
    assert outcome.status == 1
    assert "hush" not in outcome.out + outcome.err
    found = dict(checks(as_object(json.loads(outcome.out))))
    assert found["database"] == found["migrations"] == "ok"
    assert str(found["replica 1"]).startswith("it does not answer: ")
    assert found["replica 2"] == "it is not a standby of this primary"


def test_says_what_strangers_see_and_fails_for_none_of_it(
    cli: Cli, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("ENVIRONMENT", "staging")
    environment.setenv("PUBLIC_BASE_URL", "https://api.example.com")
    environment.setenv("BACKEND_CORS_ORIGINS", "*")
    outcome = cli("config", "check", "--json")
    assert outcome.status == 0
    listed = outcome.document["checks"]
    assert isinstance(listed, list)
    advised = [each["check"] for each in map(as_object, listed) if each["verdict"] == "advice"]
    assert advised == ["cors", "hosts", "proxies", "docs", "metrics"]

    environment.setenv("BACKEND_CORS_ORIGINS", "https://app.example.com")
    environment.setenv("ALLOWED_HOSTS", "api.example.com")
    environment.setenv("TRUSTED_PROXIES", "10.0.0.1")
    environment.setenv("DOCS_ENABLED", "false")
    environment.setenv("METRICS_PORT", "9100")
    assert "advice" not in cli("config", "check").out


def test_tells_by_its_status_whether_to_wait_or_to_mend(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    assert Cli()("config", "check").status == 1
    environment.setenv("PORT", "high")
    assert Cli()("config", "check").status == 2


@pytest.mark.parametrize(("ahead", "told"), [(3.0, "3.0 s behind"), (-4.25, "4.2 s ahead of")])
def test_finds_a_clock_that_is_off(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, ahead: float, told: str
) -> None:
    async def off(_: object) -> float:
        return ahead

    monkeypatch.setattr("adapters.postgres.preflight._ahead", off)
    assert cli("config", "check").err == f"error: clock: this one is {told} the database's\n"


def test_reads_secrets_from_files_that_the_dotenv_names(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("a secret of thirty-two bytes, from a file\n")
    (tmp_path / ".env").write_text(f"SECRET_KEY_FILE={tmp_path / 'secret'}\nPORT=8123\n")
    environment.delenv("SECRET_KEY", raising=False)
    settings = load_settings(_env_file=tmp_path / ".env")
    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "a secret of thirty-two bytes, from a file"


def test_names_every_file_that_is_not_there(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SECRET_KEY", raising=False)
    environment.setenv("SECRET_KEY_FILE", "/nowhere/secret")
    environment.setenv("SMTP_PASSWORD_FILE", "/nowhere/password")
    assert Cli()("config", "show").err.splitlines() == [
        "error: SECRET_KEY_FILE: No such file or directory",
        "error: SMTP_PASSWORD_FILE: No such file or directory",
    ]
