"""What a person finds under /docs and /redoc, and behind a problem's link."""

import json

from playwright.async_api import Locator, Page, expect

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


async def test_signs_up_signs_in_and_makes_a_key_in_swagger(page: Page) -> None:
    await page.goto("/docs")
    await expect(page.get_by_role("heading", name="Tessera")).to_be_visible()

    new = {"email": EMAIL, "password": PASSWORD}
    assert "201" in await try_out(page, "register_user", json.dumps(new))

    await authorize(page)
    key = {"name": "Nightly import", "permissions": ["users:read"]}
    assert "201" in await try_out(page, "create_api_key", json.dumps(key))
    listed = await try_out(page, "list_api_keys")
    assert "200" in listed
    assert '"name": "Nightly import"' in listed


async def try_out(page: Page, operation: str, body: str | None = None) -> str:
    """What is shown as the server's response."""
    block = page.locator(f'[id$="-{operation}"]')
    await block.locator(".opblock-summary-control").click()
    await block.get_by_role("button", name="Try it out").click()
    if body is not None:
        await block.locator("textarea.body-param__text").fill(body)
    await block.get_by_role("button", name="Execute").click()
    answer: str = await block.locator(".live-responses-table .response").inner_text()
    return answer


async def authorize(page: Page) -> None:
    await page.locator(".auth-wrapper > .authorize").click()
    form: Locator = page.locator(".auth-container", has_text="OAuth2, password")
    await form.get_by_label("username").fill(EMAIL)
    await form.get_by_label("password").fill(PASSWORD)
    await form.get_by_role("button", name="Apply given OAuth2").click()
    await expect(form.get_by_text("Logout")).to_be_visible()
    await form.get_by_role("button", name="Close").click()


async def test_shows_every_operation_in_redoc(page: Page) -> None:
    await page.goto("/redoc")
    await expect(page.get_by_role("heading", name="Sign up")).to_be_visible()
    document = await (await page.request.get("/api/v1/openapi.json")).json()
    summaries = {
        operation["summary"]
        for operations in document["paths"].values()
        for operation in operations.values()
    }
    shown = await page.locator("h2").all_inner_texts()
    assert summaries <= set(shown)

    await page.get_by_placeholder("Search...").fill("restore")
    await expect(page.get_by_role("search").get_by_text("Restore an account")).to_be_visible()


async def test_explains_a_problem(page: Page) -> None:
    await page.goto("/problems/validation_error")
    await expect(page.get_by_role("heading")).to_have_text("The request does not validate")
    await expect(page.get_by_text("400 Bad Request")).to_be_visible()
