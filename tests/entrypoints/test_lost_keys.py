"""A key that was replaced and is still needed is told of, not found out about by users."""

import pytest

from application.auth.check_keys import CheckedKeys
from entrypoints import preparation
from entrypoints.bootstrap.running import Inside
from entrypoints.http.app import create_app
from entrypoints.preparation import key_faults
from entrypoints.settings.schema import Settings
from tests.builders import a_totp, a_user
from tests.storing import store


async def test_a_server_that_starts_without_one_says_so_in_its_log(
    inside: Inside, settings: Settings, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def start() -> None:
        app = create_app(settings, database_url)
        async with app.router.lifespan_context(app):
            pass

    def said() -> list[str]:
        # A slow machine has other things to say.
        return [each.message for each in caplog.records if each.name == preparation.__name__]

    await start()
    assert said() == []
    await store(inside.ports.begin, ann := a_user(), a_totp(ann.id, key_id="gone"))
    await start()
    assert said() == list(key_faults(CheckedKeys(unreadable=1, seals_trail=True)))


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (CheckedKeys(unreadable=0, seals_trail=True), []),
        (CheckedKeys(unreadable=7, seals_trail=True), ["read: 7; the key"]),
        (CheckedKeys(unreadable=0, seals_trail=False), ["SECRET_KEY_PREVIOUS"]),
        (CheckedKeys(unreadable=7, seals_trail=False), ["read: 7; the key", "SECRET_KEY_PREVIOUS"]),
    ],
)
def test_each_fault_is_a_sentence(keys: CheckedKeys, named: list[str]) -> None:
    assert all(name in fault for name, fault in zip(named, key_faults(keys), strict=True))
