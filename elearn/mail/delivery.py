"""Handing one message over: to the SMTP server of the settings, or to a file."""

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import urlsplit

from elearn.config import Settings
from elearn.shared import clock

SMTP_SECONDS = 10


def deliver(settings: Settings, recipient: str, subject: str, text: str) -> None:
    """Send `text` to `recipient`. Raises OSError or smtplib.SMTPException when it cannot be handed over."""
    message = EmailMessage()
    message["From"] = f"{settings.provider_name} <{settings.contact_email}>"
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=settings.contact_email.rpartition("@")[2])
    message.set_content(text)
    if settings.smtp_url:
        _by_smtp(settings.smtp_url, message)
    else:
        _to_file(settings.instance_path / "mail", message)


def _by_smtp(url: str, message: EmailMessage) -> None:
    server = urlsplit(url)
    with smtplib.SMTP(server.hostname or "localhost", server.port or 25, timeout=SMTP_SECONDS) as smtp:
        if smtp.has_extn("starttls") or server.scheme == "smtps":
            smtp.starttls()
        if server.username:
            smtp.login(server.username, server.password or "")
        smtp.send_message(message)


def _to_file(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{clock.now():%Y%m%dT%H%M%S%f}.eml"
    (folder / name).write_bytes(message.as_bytes())
