"""Where files are kept, as the settings say and `tessera config` tells."""

from pathlib import Path

import pytest

from tests.cli.commands import Cli
from tests.cli.test_config import checks
from tests.s3_server import s3_server

SECRET = "a secret of the bucket"


def test_tries_to_keep_a_file(cli: Cli, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("STORAGE_URL", f"file:{tmp_path}/shared")
    assert checks(cli("config", "check", "--json").document)[-1] == ("files", "ok")
    assert not [each for each in (tmp_path / "shared").rglob("*") if each.is_file()]

    (tmp_path / "taken").write_text("a file where a directory is wanted")
    environment.setenv("STORAGE_URL", f"file:{tmp_path}/taken")
    refusal = cli("config", "check")
    assert refusal.status == 1
    assert "error: files: The files can't be kept or read now." in refusal.err


def test_tries_the_bucket(cli: Cli, environment: pytest.MonkeyPatch) -> None:
    with s3_server() as server:
        environment.setenv("S3_ENDPOINT", server.url)
        environment.setenv("S3_REGION", "us-east-1")
        environment.setenv("S3_ACCESS_KEY_ID", "a-key")
        environment.setenv("S3_SECRET_ACCESS_KEY", SECRET)
        environment.setenv("STORAGE_URL", f"s3://{server.fresh_bucket()}/tessera")
        assert checks(cli("config", "check", "--json").document)[-1] == ("files", "ok")
        environment.setenv("STORAGE_URL", "s3://no-such-bucket")
        refusal = cli("config", "check")
    assert refusal.status == 1
    assert "error: files: The files can't be kept or read now." in refusal.err
    assert SECRET not in refusal.err + cli("config", "show").out


@pytest.mark.parametrize("url", ["/srv/files", "s3:bucket", "s3://", "s3://B", "http://a.example"])
def test_wants_a_place_that_it_knows(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("STORAGE_URL", url)
    assert Cli()("config", "show").is_refused(
        "STORAGE_URL: must be like file:/srv/files or s3://bucket/prefix", status=2
    )


def test_a_key_wants_its_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("S3_ACCESS_KEY_ID", "a-key")
    assert Cli()("config", "show").is_refused(
        "S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY: want each other", status=2
    )


def test_s3_wants_its_extra(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STORAGE_URL", "s3://bucket")
    environment.setattr("entrypoints.settings.rules.find_spec", lambda _: None)
    assert Cli()("config", "show").is_refused(
        "STORAGE_URL: s3:// wants the extra `s3` to be installed", status=2
    )
