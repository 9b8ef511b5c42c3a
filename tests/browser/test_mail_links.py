"""What a person meets behind the links in their mail."""

import json
import re
from pathlib import Path

import attrs
import pytest
from playwright.async_api import Page, expect

from adapters.mail.kept import kept_mails
from domain.one_time_tokens import TokenPurpose
from tests.browser.conftest import Observer
from tests.system.service import (
    API,
    PASSWORD,
    Installation,
    Person,
    Server,
    eventually,
    sign_up,
)

NEW_PASSWORD = "seventeen purple umbrellas"
VERIFY, RESET, CONFIRM, NOT_ME = TokenPurpose


@attrs.frozen
class Mailbox:
    """Everyone's: what the service keeps where there is no mail server."""

    directory: Path

    def link(self, email: str, purpose: TokenPurpose) -> str:
        """From the newest mail that has one."""
        return eventually(lambda: self._link(email, purpose), f"{purpose} for {email}")

    def _link(self, email: str, purpose: TokenPurpose) -> str | None:
        for mail in kept_mails(self.directory):
            found = re.search(rf"^https?://\S+/{purpose}#token=\S+$", mail.text, re.MULTILINE)
            if mail.to == email and found is not None:
                return found[0]
        return None

    def token(self, email: str, purpose: TokenPurpose) -> str:
        return self.link(email, purpose).partition("#token=")[2]


@pytest.fixture(scope="session")
def mailbox(installation: Installation) -> Mailbox:
    return Mailbox(installation.directory / ".tessera" / "mail")


def status_of_login(server: Server, email: str, password: str) -> int:
    form = {"username": email, "password": password}
    return server.http.post(f"{API}/auth/login", data=form).status_code


def me(server: Server, person: Person) -> dict[str, object]:
    shown: dict[str, object] = server.http.get(f"{API}/users/me", headers=person.headers).json()
    return shown


async def test_from_a_forgotten_password_to_a_new_one(
    page: Page, server: Server, mailbox: Mailbox, observer: Observer
) -> None:
    ann = sign_up(server, "ann@example.com")
    server.http.post(f"{API}/auth/password/forgot", json={"email": ann.email})

    await page.goto(mailbox.link(ann.email, RESET))
    await expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    # By the keyboard alone.
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("New password")).to_be_focused()
    await page.keyboard.type("password1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("The password would be guessed soon.")
    await expect(page.get_by_role("alert")).to_contain_text("common password")
    await expect(page.get_by_label("New password")).to_be_focused()
    await expect(page.get_by_label("New password")).to_have_attribute("aria-invalid", "true")
    observer.forgive_refusals()

    await page.keyboard.press("Control+A")
    await page.keyboard.type(NEW_PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button")).to_be_focused()
    await page.keyboard.press("Space")

    await expect(page.get_by_role("status")).to_have_text(
        "Your new password is set. Sign in with it now."
    )
    await expect(page.get_by_role("button")).to_be_hidden()
    assert status_of_login(server, ann.email, NEW_PASSWORD) == 200
    assert status_of_login(server, ann.email, PASSWORD) == 401
    assert server.http.get(f"{API}/users/me", headers=ann.headers).status_code == 401


async def test_an_address_is_verified_by_a_press_and_not_by_a_look(
    page: Page, server: Server, mailbox: Mailbox
) -> None:
    ben = sign_up(server, "ben@example.com")

    await page.goto(mailbox.link(ben.email, VERIFY))
    button = page.get_by_role("button", name="Verify the address")
    await expect(button).to_be_visible()
    assert me(server, ben)["email_verified"] is False
    await button.click()

    await expect(page.get_by_role("status")).to_contain_text("Thank you")
    assert me(server, ben)["email_verified"] is True


async def test_a_new_address_is_confirmed(page: Page, server: Server, mailbox: Mailbox) -> None:
    cleo = sign_up(server, "cleo@example.com")
    wish = {"new_email": "cleo.new@example.com", "password": PASSWORD}
    server.http.post(f"{API}/users/me/email", json=wish, headers=cleo.headers)

    await page.goto(mailbox.link("cleo.new@example.com", CONFIRM))
    await page.get_by_role("button", name="Use this address").click()

    await expect(page.get_by_role("status")).to_contain_text("uses this address from now on")
    assert me(server, cleo)["email"] == "cleo.new@example.com"


async def test_whoever_did_not_do_it_gets_everyone_out(
    page: Page, server: Server, mailbox: Mailbox
) -> None:
    dan = sign_up(server, "dan@example.com")
    wish = {"new_email": "thief@example.com", "password": PASSWORD}
    server.http.post(f"{API}/users/me/email", json=wish, headers=dan.headers)

    await page.goto(mailbox.link(dan.email, NOT_ME))
    await page.get_by_role("button", name="It wasn't me").click()

    await expect(page.get_by_role("status")).to_contain_text("Everyone is signed out")
    assert server.http.get(f"{API}/users/me", headers=dan.headers).status_code == 401
    assert mailbox.token(dan.email, RESET)


async def test_the_token_leaves_the_address_bar_and_goes_nowhere_but_into_the_body(
    page: Page, server: Server, mailbox: Mailbox
) -> None:
    eve = sign_up(server, "eve@example.com")
    token = mailbox.token(eve.email, VERIFY)
    asked: list[tuple[str, str, str]] = []
    page.on(
        "request",
        lambda request: asked.append((request.method, request.url, json.dumps(request.headers))),
    )

    await page.goto(f"/verify-email#token={token}")
    await expect(page.get_by_role("button")).to_be_visible()
    assert page.url == f"{server.url}/verify-email"
    assert {method for method, *_ in asked} == {"GET"}
    await page.get_by_role("button").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you")

    for _, url, headers in asked:
        assert token not in url
        assert token not in headers
        assert "referer" not in headers
    assert [url for method, url, _ in asked if method == "POST"] == [
        f"{server.url}{API}/auth/verify-email"
    ]


async def test_a_used_link_says_so(
    page: Page, server: Server, mailbox: Mailbox, observer: Observer
) -> None:
    fay = sign_up(server, "fay@example.com")
    token = mailbox.token(fay.email, VERIFY)
    server.http.post(f"{API}/auth/verify-email", json={"token": token})

    await page.goto(f"/verify-email#token={token}")
    await page.get_by_role("button").click()

    await expect(page.get_by_role("alert")).to_contain_text("not valid any more")
    await expect(page.get_by_role("button")).to_be_hidden()
    observer.forgive_refusals()


async def test_a_link_without_its_token_says_so(page: Page) -> None:
    await page.goto("/reset-password")

    await expect(page.get_by_role("alert")).to_have_text(
        "The link is not complete. Open it from the mail again."
    )
    await expect(page.get_by_role("button")).to_be_hidden()


async def test_a_second_link_can_be_opened_in_the_same_place(
    page: Page, server: Server, mailbox: Mailbox
) -> None:
    gus = sign_up(server, "gus@example.com")
    await page.goto("/verify-email")

    await page.goto(mailbox.link(gus.email, VERIFY))
    await page.get_by_role("button").click()

    await expect(page.get_by_role("status")).to_contain_text("Thank you")


async def test_the_password_can_be_looked_at(page: Page) -> None:
    await page.goto("/reset-password#token=any")
    field = page.get_by_label("New password")
    await expect(field).to_have_attribute("autocomplete", "new-password")
    await expect(field).to_have_attribute("type", "password")

    await page.get_by_label("Show the password").check()

    await expect(field).to_have_attribute("type", "text")


@pytest.mark.parametrize("locale", ["de-CH"])
async def test_speaks_german_to_whoever_prefers_it(
    page: Page, server: Server, mailbox: Mailbox, observer: Observer
) -> None:
    uta = sign_up(server, "uta@example.com")
    server.http.post(f"{API}/auth/password/forgot", json={"email": uta.email})

    await page.goto(mailbox.link(uta.email, RESET))
    await page.get_by_label("Neues Passwort").fill("password1")
    await page.get_by_role("button", name="Passwort festlegen").click()
    await expect(page.get_by_role("alert")).to_contain_text("Das Passwort wäre bald erraten")
    observer.forgive_refusals()
    await page.get_by_label("Neues Passwort").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Passwort festlegen").click()

    await expect(page.get_by_role("status")).to_contain_text("Ihr neues Passwort gilt")


async def test_offers_nothing_that_does_not_work_where_scripts_are_off(
    scriptless_page: Page,
) -> None:
    await scriptless_page.goto("/reset-password#token=any")

    heading = scriptless_page.get_by_role("heading", name="Set a new password")
    await expect(heading).to_be_visible()
    await expect(scriptless_page.get_by_role("button")).to_be_hidden()
