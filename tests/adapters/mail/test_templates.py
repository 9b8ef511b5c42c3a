"""What mails say, in every language."""

import re
from html.parser import HTMLParser

import pytest

from adapters.mail.templates import (
    JinjaMailTemplates,
    languages,
    template_names,
)
from application.jobs.failure import Permanent
from domain.audit import SecurityEvent

TEMPLATES = JinjaMailTemplates(app_url="https://app.example.com", link_minutes=45)
LINK = "https://app.example.com/reset-password#token=a-b_c"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
CIRCUMSTANCES = {
    "occurred_at": "2026-03-14T13:00:00+01:00",
    "address": "2001:db8::17",
    "user_agent": FIREFOX,
    "purged_after": "2026-03-28T13:00:00+01:00",
}
WITH_A_LINK = {"welcome", "verify_email", "reset_password", "confirm_email"}
WITHOUT = {"email_taken", "user_deleted"}
NOTICES = template_names() - WITH_A_LINK - WITHOUT


class Text(HTMLParser):
    """What a reader of the HTML sees, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attributes if name in {"href", "src"}]


def test_english_and_german_are_there() -> None:
    assert {"en", "de"} <= languages()


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_has_every_mail(language: str) -> None:
    assert template_names(language) == template_names("en")


def test_every_event_that_is_told_has_its_mail() -> None:
    told = {event.value for event in SecurityEvent if event.is_told}
    assert told <= template_names()


@pytest.mark.parametrize("language", sorted(languages()))
@pytest.mark.parametrize("name", sorted(template_names()))
@pytest.mark.parametrize("linked", [True, False])
def test_every_mail_can_be_written(language: str, name: str, linked: bool) -> None:
    if (name in WITH_A_LINK and not linked) or (name in WITHOUT and linked):
        return
    values = CIRCUMSTANCES if name in NOTICES else {}
    content = TEMPLATES.render(name, language, values, link=LINK if linked else None)
    assert content.language == language
    assert 5 < len(content.subject) < 80
    seen = Text(content.html)
    assert (LINK in content.text) == linked == (LINK in seen.links)
    # Nothing is fetched from anywhere, and nothing else can be followed.
    assert set(seen.links) <= {LINK, "https://app.example.com"}
    assert not seen.tags & {"img", "script", "link", "form", "iframe"}
    for left_over in ("{{", "{%", "None", "["):
        assert left_over not in content.text
    # The same words in both, but for the link's.
    text = content.text.replace(LINK, "")
    words = [word.rstrip(":") for word in text.split()]
    assert all(word in {each.rstrip(":") for each in seen.words} for word in words if word)
    if name in NOTICES:
        assert "2026-03-14 12:00 UTC" in content.text
        assert "2001:db8::17" in content.text
        assert "Firefox, Linux" in content.text


@pytest.mark.parametrize("language", sorted(languages()))
def test_whoever_deletes_their_account_reads_until_when_it_can_come_back(language: str) -> None:
    content = TEMPLATES.render("deletion_requested", language, CIRCUMSTANCES, link=LINK)
    assert "2026-03-28 12:00 UTC" in content.text


def test_each_language_is_its_own() -> None:
    for name in template_names():
        values = CIRCUMSTANCES if name in NOTICES else {}
        subjects = {
            TEMPLATES.render(name, language, values, link=LINK).subject for language in languages()
        }
        assert len(subjects) == len(languages()), name


@pytest.mark.parametrize("language", ["fr", "", "..", "../de", "de/../en", "EN"])
def test_a_language_that_there_is_not_is_english(language: str) -> None:
    content = TEMPLATES.render("welcome", language, {}, link=LINK)
    assert content == TEMPLATES.render("welcome", "en", {}, link=LINK)


@pytest.mark.parametrize("name", ["unheard_of", "_circumstances", "../layout", "", "welcome.txt"])
def test_a_mail_that_there_is_not_will_never_be_sent(name: str) -> None:
    with pytest.raises(Permanent):
        TEMPLATES.render(name, "en", {}, link=None)


def test_a_mail_that_wants_more_than_it_was_given_will_never_be_sent() -> None:
    with pytest.raises(Permanent, match="occurred_at"):
        TEMPLATES.render("password_changed", "en", {}, link=None)


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/129.0 Safari/537.36 Edg/129.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.10", "curl"),
    ],
)
def test_names_a_device_by_words_of_ours(user_agent: str, shown: str) -> None:
    values = CIRCUMSTANCES | {"user_agent": user_agent}
    assert shown in TEMPLATES.render("new_device", "en", values, link=None).text


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example.com/reset",
        "<a href='https://evil.example.com'>x</a>",
        "x\r\nBcc: evil.example.com",
        "[evil.example.com]\n\n[evil.example.com]",
        "{{ evil.example.com }}",
    ],
)
def test_whoever_causes_a_mail_cannot_write_into_it(evil: str) -> None:
    values = CIRCUMSTANCES | {"user_agent": evil, "address": evil}
    content = TEMPLATES.render("password_changed", "en", values, link=LINK)
    assert "evil" not in content.subject + content.text + content.html


def test_what_a_value_says_is_text_and_nothing_else() -> None:
    escaping = JinjaMailTemplates(app_url='https://a.example.com/"><b>', link_minutes=1)
    html = escaping.render("welcome", "en", {}, link='https://a/"><script>').html
    assert "<script>" not in html
    assert "<b>" not in html


def test_no_mail_mentions_a_password_of_anybody() -> None:
    for name in template_names():
        values = CIRCUMSTANCES if name in NOTICES else {}
        text = TEMPLATES.render(name, "en", values, link=LINK).text
        assert not re.search(r"password (is|:)", text)
