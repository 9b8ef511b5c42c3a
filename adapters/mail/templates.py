"""What mails say, in one folder for each language.

A template is text alone: its first line is the subject, then come paragraphs. A paragraph in
brackets, such as `[Confirm the address]`, becomes the link. The HTML is made of the same
paragraphs, so that the two can't differ.
"""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import jinja2

from application.jobs.failure import Permanent
from application.mail.ports import MailText

FOLDER = Path(__file__).parent / "templates"
DEFAULT_LANGUAGE = "en"

_MOMENTS = {"occurred_at", "purged_after"}
_BUTTON = re.compile(r"\[(.+)\]")
# Known by a word in the header; of several the first counts, as most browsers claim to be others.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "FxiOS": "Firefox",
    "Safari": "Safari",
    "curl": "curl",
    "python": "Python",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@attrs.frozen
class _Paragraph:
    lines: tuple[str, ...]
    label: str | None
    """Of a link, which is the whole paragraph then."""

    @classmethod
    def of(cls, text: str) -> "_Paragraph":
        button = _BUTTON.fullmatch(text)
        return cls(tuple(text.splitlines()), button and button[1])


def languages() -> frozenset[str]:
    return frozenset(path.name for path in FOLDER.iterdir() if path.is_dir())


def template_names(language: str = DEFAULT_LANGUAGE) -> frozenset[str]:
    """Those that can be sent; the others are parts of several."""
    names = (path.stem for path in (FOLDER / language).glob("*.txt"))
    return frozenset(name for name in names if not name.startswith("_"))


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )


@attrs.frozen(kw_only=True)
class JinjaMailTemplates:
    app_url: str
    link_minutes: int
    _environment: jinja2.Environment = attrs.field(factory=_environment, init=False)
    _languages: frozenset[str] = attrs.field(factory=languages, init=False)
    _names: frozenset[str] = attrs.field(factory=template_names, init=False)

    def render(
        self, template: str, language: str, values: Mapping[str, str], *, link: str | None
    ) -> MailText:
        if template not in self._names:
            raise Permanent(f"there is no mail called {template}")
        known = language if language in self._languages else DEFAULT_LANGUAGE
        context = {
            **_told(values),
            "site": urlsplit(self.app_url).netloc,
            "link_minutes": self.link_minutes,
            "has_link": link is not None,
        }
        try:
            written = self._environment.get_template(f"{known}/{template}.txt").render(context)
        except jinja2.UndefinedError as error:
            raise Permanent(f"{template} wants more than it was given: {error}") from error
        subject, _, body = written.strip().partition("\n")
        paragraphs = [_Paragraph.of(part) for part in re.split(r"\n\s*\n", body.strip())]
        html = self._environment.get_template("layout.html").render(
            subject=subject,
            paragraphs=paragraphs,
            link=link,
            language=known,
            app_url=self.app_url,
            site=context["site"],
        )
        return MailText(
            subject=subject,
            text="\n\n".join(_as_text(each, link) for each in paragraphs) + "\n",
            html=html,
            language=known,
        )


def _as_text(paragraph: _Paragraph, link: str | None) -> str:
    if paragraph.label is None:
        return "\n".join(paragraph.lines)
    return f"{paragraph.label}:\n{link}"


def _told(values: Mapping[str, str]) -> dict[str, str]:
    """What came from outside, as far as it can be shown. A mail program makes a link of what looks
    like one, and whoever caused the mail wrote the user agent: it is shown by words of ours."""
    told = {name: " ".join(value.split()) for name, value in values.items()}
    for name in _MOMENTS & told.keys():
        moment = datetime.fromisoformat(told[name]).astimezone(UTC)
        told[name] = f"{moment:%Y-%m-%d %H:%M} UTC"
    if "address" in told:
        told["address"] = _address(told["address"])
    if "user_agent" in told:
        told["device"] = _device(told.pop("user_agent"))
    return told


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _device(user_agent: str) -> str:
    browser = _first_known(_BROWSERS, user_agent)
    system = _first_known(_SYSTEMS, user_agent)
    return ", ".join(each for each in (browser, system) if each)


def _first_known(names: Mapping[str, str], text: str) -> str:
    return next((name for word, name in names.items() if word in text), "")
