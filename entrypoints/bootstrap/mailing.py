"""Where mails go, as the settings say."""

from adapters.mail.kept import KeptMailer
from adapters.mail.message import Sender
from adapters.mail.smtp import SmtpMailer, SmtpSettings
from application.mail.ports import Mailer
from entrypoints.settings.schema import Settings


def mailer_of(settings: Settings) -> Mailer:
    return smtp_mailer_of(settings) or KeptMailer(
        Sender.parse(settings.mail_from), settings.kept_mail
    )


def smtp_mailer_of(settings: Settings) -> SmtpMailer | None:
    """None where no mail server is configured."""
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password
    smtp = SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=None if password is None else password.get_secret_value(),
        starttls=settings.smtp_starttls,
        tls=settings.smtp_tls,
    )
    return SmtpMailer(Sender.parse(settings.mail_from), smtp)
