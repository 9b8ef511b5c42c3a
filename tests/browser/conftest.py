"""The service in a browser that has no way out of this machine."""

import shutil
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import attrs
import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    async_playwright,
    expect,
)

from tests.system.service import Installation, Server, an_installation

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    # Root may not have Chromium's own sandbox, and what is opened here is ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other name has an address, whoever asks.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PATIENCE_MS = 30_000
expect.set_options(timeout=_PATIENCE_MS)
_TELL_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`violates ${event.effectiveDirective}: ${event.blockedURI}`));
"""


def _chromium() -> str:
    for name in _NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    pytest.fail("no Chromium here; on Debian: apt-get install chromium", pytrace=False)


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    with an_installation() as installation:
        yield installation


@pytest.fixture(scope="session")
def server(installation: Installation) -> Server:
    # All who are played here come from one address.
    limits = {"RATE_LIMIT_MAIL": "off", "RATE_LIMIT_SIGNUP": "off"}
    return installation.serve(**limits).wait_until_ready()


@pytest.fixture(scope="session")
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_chromium(), args=_OPTIONS)
        yield browser
        await browser.close()


@attrs.define(slots=False)  # Playwright writes down its wrappers of the methods on the instance
class Observer:
    """What no page of ours may do."""

    went_outside: list[str] = attrs.field(factory=list)
    complained: list[str] = attrs.field(factory=list)

    def forgive_refusals(self) -> None:
        """Chromium complains of every answer that is an error, also where the page expects it."""
        self.complained = [
            each
            for each in self.complained
            if "the server responded with a status of 4" not in each
        ]

    async def watch(self, context: BrowserContext) -> None:
        await context.add_init_script(_TELL_OF_VIOLATIONS)
        await context.route("**/*", self._pass_or_stop)
        # Also sees what the page's own policy stops before the route does.
        context.on("request", self._note)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complained.append(str(error.error)))

    async def _pass_or_stop(self, route: Route) -> None:
        await (route.abort() if _is_outside(route.request.url) else route.continue_())

    def _note(self, request: Request) -> None:
        if _is_outside(request.url):
            self.went_outside.append(request.url)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complained.append(message.text)


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"blob", "data"} and parts.hostname != "127.0.0.1"


@pytest.fixture
def locale() -> str:
    return "en"


@pytest.fixture
def observer() -> Observer:
    return Observer()


@pytest.fixture
async def page(
    _browser: Browser, server: Server, observer: Observer, locale: str
) -> AsyncIterator[Page]:
    """A fresh one; the test fails where it complained of anything or asked for anything outside."""
    context = await _browser.new_context(
        base_url=server.url, viewport={"width": 1280, "height": 900}, locale=locale
    )
    context.set_default_timeout(_PATIENCE_MS)
    await observer.watch(context)
    yield await context.new_page()
    await context.close()
    assert observer == Observer()


@pytest.fixture
async def scriptless_page(_browser: Browser, server: Server) -> AsyncIterator[Page]:
    context = await _browser.new_context(base_url=server.url, java_script_enabled=False)
    yield await context.new_page()
    await context.close()
