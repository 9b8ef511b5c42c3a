"""What a mail says."""

import pytest

from adapters.mail.templates import JinjaMailTemplates
from adapters.memory.mail import PlainMailTemplates
from application.mail.ports import MailTemplates

LINK = "https://app.example.com/verify-email#token=abc"


@pytest.fixture(params=["memory", "jinja"])
def templates(request: pytest.FixtureRequest) -> MailTemplates:
    if request.param == "memory":
        return PlainMailTemplates()
    return JinjaMailTemplates(app_url="https://app.example.com", link_minutes=60)


def test_says_the_same_twice(templates: MailTemplates) -> None:
    content = templates.render("welcome", "en", {}, link=LINK)
    assert content.subject
    assert "\n" not in content.subject
    assert LINK in content.text
    assert LINK in content.html
    assert content.language == "en"


def test_says_the_same_at_every_attempt(templates: MailTemplates) -> None:
    assert templates.render("welcome", "de", {}, link=LINK) == templates.render(
        "welcome", "de", {}, link=LINK
    )
