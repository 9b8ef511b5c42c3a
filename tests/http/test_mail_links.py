"""The pages behind the links in mails, as a browser gets them."""

import re
from html import unescape

import httpx
import pytest

from domain.one_time_tokens import TokenPurpose
from entrypoints.http.mail_links.texts import LANGUAGES
from tests.http.client import ROOT, Client


async def page_of(client: Client, purpose: str, language: str | None = None) -> httpx.Response:
    headers = {} if language is None else {"Accept-Language": language}
    return await client.http.get(f"{ROOT}/{purpose}", headers=headers)


@pytest.mark.parametrize("purpose", TokenPurpose)
async def test_a_page_stands_behind_each_link(client: Client, purpose: TokenPurpose) -> None:
    page = await page_of(client, purpose)

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert LANGUAGES["en"].pages[purpose].title in unescape(page.text)
    assert "<noscript>" in page.text


@pytest.mark.parametrize("purpose", TokenPurpose)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_page_is_held_by_its_policy(
    client: Client, purpose: TokenPurpose, language: str
) -> None:
    page = await page_of(client, purpose, language)
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )

    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)", page.text)
    assert not re.search(r"https?://", page.text)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("de-AT,de;q=0.9", "de"),
        ("DE", "de"),
        ("fr-FR", "en"),
        ("*", "en"),
        ('"><script>', "en"),
        ("en;q=0.9,de;q=0.8", "en"),
    ],
)
async def test_a_page_speaks_the_language_of_its_reader(
    client: Client, accepted: str | None, language: str
) -> None:
    page = await page_of(client, "not-me", accepted)

    assert page.headers["content-language"] == language
    assert page.headers["vary"] == "Accept-Language"
    assert f'<html lang="{language}">' in page.text
    assert LANGUAGES[language].pages[TokenPurpose.NOT_ME].lead in page.text


async def test_what_a_page_loads_is_there(client: Client) -> None:
    page = await page_of(client, "reset-password")
    paths = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
    kinds = {
        path: (await client.http.get(f"{ROOT}{path}")).headers["content-type"] for path in paths
    }

    assert kinds == {
        "/mail-links/page.css": "text/css; charset=utf-8",
        "/mail-links/page.js": "text/javascript; charset=utf-8",
    }


async def test_no_page_takes_what_it_is_sent(client: Client) -> None:
    posted = await client.http.post(f"{ROOT}/reset-password", data={"token": "any"})

    assert posted.status_code == 405
    assert posted.headers["allow"] == "GET, HEAD, OPTIONS"


def test_every_language_says_everything() -> None:
    for language in LANGUAGES.values():
        assert set(language.pages) == set(TokenPurpose)
        assert "invalid_token" in language.problems
