"""The pages behind the links in mails, for whoever has no front end of their own."""

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from domain.one_time_tokens import TokenPurpose
from entrypoints.http.docs import Page
from entrypoints.http.mail_links.texts import LANGUAGES, Language, language_for
from entrypoints.http.routing import API_V1_STR

_ASSETS = "/mail-links"
_ACTIONS = {
    TokenPurpose.VERIFY_EMAIL: f"{API_V1_STR}/auth/verify-email",
    TokenPurpose.RESET_PASSWORD: f"{API_V1_STR}/auth/password/reset",
    TokenPurpose.CONFIRM_EMAIL: f"{API_V1_STR}/auth/verify-email",
    TokenPurpose.NOT_ME: f"{API_V1_STR}/auth/not-me",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PAGE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="$assets/page.css">
<script src="$assets/page.js" defer></script></head>
<body><main>
<h1>$title</h1>
<p id="lead">$lead</p>
<noscript><p>$without_script</p></noscript>
<form method="post" novalidate hidden data-action="$action" data-done="$done"
 data-working="$working" data-incomplete="$incomplete" data-unreachable="$unreachable"
 data-subject="$subject" data-problems="$problems">
$fields<p><button type="submit">$button</button></p>
</form>
<p role="alert" id="fault"></p>
<p role="status" tabindex="-1"></p>
</main></body></html>
""")
_PASSWORD = Template("""<p><label for="password">$field</label>
<input id="password" type="password" autocomplete="new-password" required
 autocapitalize="none" spellcheck="false" aria-describedby="lead fault"></p>
<p><label><input id="show" type="checkbox"> $reveal</label></p>
""")


def add_mail_link_pages(app: FastAPI) -> None:
    for purpose in TokenPurpose:
        written = {code: _written(purpose, language) for code, language in LANGUAGES.items()}
        app.add_route(f"/{purpose}", _page(written), include_in_schema=False)
    for name, media_type in (("page.css", "text/css"), ("page.js", "text/javascript")):
        asset = files("entrypoints.http.mail_links").joinpath(name).read_text(encoding="utf-8")
        app.add_route(f"{_ASSETS}/{name}", _asset(asset, media_type), include_in_schema=False)


def _written(purpose: TokenPurpose, language: Language) -> str:
    text = language.pages[purpose]
    words = {
        "language": language.code,
        "title": text.title,
        "lead": text.lead,
        "button": text.button,
        "done": text.done,
        "field": language.field,
        "reveal": language.reveal,
        "subject": language.subject,
        "working": language.working,
        "incomplete": language.incomplete,
        "unreachable": language.unreachable,
        "without_script": language.without_script,
        "problems": json.dumps(language.problems, ensure_ascii=False),
        "action": _ACTIONS[purpose],
        "assets": _ASSETS,
    }
    escaped = {name: escape(word) for name, word in words.items()}
    wants_password = purpose is TokenPurpose.RESET_PASSWORD
    fields = _PASSWORD.substitute(escaped) if wants_password else ""
    return _PAGE.substitute(escaped, fields=fields)


def _page(written: Mapping[str, str]) -> Page:
    async def page(request: Request) -> Response:
        language = language_for(request.headers.get("accept-language"))
        headers = {
            "Content-Security-Policy": _POLICY,
            "Content-Language": language.code,
            "Vary": "Accept-Language",
            "Cache-Control": "no-store",
        }
        return Response(written[language.code], media_type="text/html", headers=headers)

    return page


def _asset(content: str, media_type: str) -> Page:
    headers = {"Cache-Control": "no-cache"}

    async def asset(request: Request) -> Response:
        return Response(content, media_type=media_type, headers=headers)

    return asset
