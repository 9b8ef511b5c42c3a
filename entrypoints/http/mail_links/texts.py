"""What the pages behind the links in mails say, in each language that mails are written in."""

from collections.abc import Mapping

import attrs

from domain.one_time_tokens import TokenPurpose
from domain.users import DEFAULT_LANGUAGE, preferred_language


@attrs.frozen(kw_only=True)
class PageText:
    title: str
    lead: str
    button: str
    done: str


@attrs.frozen(kw_only=True)
class Language:
    code: str
    pages: Mapping[TokenPurpose, PageText]
    field: str
    reveal: str
    subject: str
    """What the API's words on a password are put behind."""
    working: str
    incomplete: str
    unreachable: str
    without_script: str
    problems: Mapping[str, str]
    """By code; the API's own words are English, and say what is not here."""


_ENGLISH = Language(
    code="en",
    pages={
        TokenPurpose.VERIFY_EMAIL: PageText(
            title="Verify your email address",
            lead="Press the button to confirm that you read what is sent to this address.",
            button="Verify the address",
            done="Thank you, your address is verified. You can close this page.",
        ),
        TokenPurpose.RESET_PASSWORD: PageText(
            title="Set a new password",
            lead="Take at least 8 characters that nobody would guess; a few uncommon words do "
            "well. You will be signed out everywhere.",
            button="Set the password",
            done="Your new password is set. Sign in with it now.",
        ),
        TokenPurpose.CONFIRM_EMAIL: PageText(
            title="Confirm your new email address",
            lead="Press the button to use this address for your account from now on.",
            button="Use this address",
            done="Your account uses this address from now on. You can close this page.",
        ),
        TokenPurpose.NOT_ME: PageText(
            title="It wasn't you?",
            lead="Press the button, and everyone who is signed in to your account is signed out. "
            "A change of your email address is undone, and you are mailed a link to a new "
            "password.",
            button="It wasn't me",
            done="Everyone is signed out. Follow the link in the mail that is on its way to you.",
        ),
    },
    field="New password",
    reveal="Show the password",
    subject="The password",
    working="One moment …",
    incomplete="The link is not complete. Open it from the mail again.",
    unreachable="The service can't be reached. Try again in a moment.",
    without_script="This page needs JavaScript, which your browser does not run here.",
    problems={
        "invalid_token": "The link is not valid any more: it was used, it is too old, or a newer "
        "one was sent. Ask for a new mail.",
    },
)
_GERMAN = Language(
    code="de",
    pages={
        TokenPurpose.VERIFY_EMAIL: PageText(
            title="E-Mail-Adresse bestätigen",
            lead="Bestätigen Sie mit dem Knopf, dass Sie lesen, was an diese Adresse geht.",
            button="Adresse bestätigen",
            done="Danke, Ihre Adresse ist bestätigt. Sie können diese Seite schließen.",
        ),
        TokenPurpose.RESET_PASSWORD: PageText(
            title="Neues Passwort festlegen",
            lead="Nehmen Sie mindestens 8 Zeichen, die niemand errät; einige ungewöhnliche Wörter "
            "eignen sich gut. Sie werden überall abgemeldet.",
            button="Passwort festlegen",
            done="Ihr neues Passwort gilt. Melden Sie sich jetzt damit an.",
        ),
        TokenPurpose.CONFIRM_EMAIL: PageText(
            title="Neue E-Mail-Adresse bestätigen",
            lead="Mit dem Knopf gilt diese Adresse ab jetzt für Ihr Konto.",
            button="Diese Adresse verwenden",
            done="Für Ihr Konto gilt ab jetzt diese Adresse. Sie können diese Seite schließen.",
        ),
        TokenPurpose.NOT_ME: PageText(
            title="Das waren nicht Sie?",
            lead="Mit dem Knopf wird jeder abgemeldet, der in Ihrem Konto angemeldet ist. Eine "
            "Änderung Ihrer E-Mail-Adresse wird zurückgenommen, und Sie erhalten einen Link zu "
            "einem neuen Passwort.",
            button="Das war ich nicht",
            done="Alle sind abgemeldet. Folgen Sie dem Link in der E-Mail, die zu Ihnen unterwegs "
            "ist.",
        ),
    },
    field="Neues Passwort",
    reveal="Passwort anzeigen",
    subject="Das Passwort",
    working="Einen Augenblick …",
    incomplete="Der Link ist nicht vollständig. Öffnen Sie ihn noch einmal aus der E-Mail.",
    unreachable="Der Dienst ist nicht zu erreichen. Versuchen Sie es gleich noch einmal.",
    without_script="Diese Seite braucht JavaScript, das Ihr Browser hier nicht ausführt.",
    problems={
        "invalid_token": "Der Link gilt nicht mehr: Er wurde benutzt, ist zu alt, oder es gibt "
        "einen neueren. Fordern Sie eine neue E-Mail an.",
        "email_taken": "Diese Adresse gehört inzwischen zu einem anderen Konto.",
        "too_short": "Das Passwort braucht mindestens 8 Zeichen.",
        "too_long": "Das Passwort darf höchstens 128 Zeichen haben.",
        "forbidden_character": "Das Passwort enthält ein Zeichen, das nicht erlaubt ist.",
        "weak_password": "Das Passwort wäre bald erraten. Nehmen Sie einige ungewöhnliche Wörter, "
        "die nichts mit Ihnen zu tun haben; Namen, Daten und Muster helfen wenig.",
        "unavailable": "Der Dienst ist gerade überlastet. Versuchen Sie es gleich noch einmal.",
        "rate_limited": "Das waren zu viele Versuche. Warten Sie einen Augenblick.",
    },
)
LANGUAGES: Mapping[str, Language] = {each.code: each for each in (_ENGLISH, _GERMAN)}


def language_for(accept_language: str | None) -> Language:
    return LANGUAGES.get(preferred_language(accept_language), LANGUAGES[DEFAULT_LANGUAGE])
