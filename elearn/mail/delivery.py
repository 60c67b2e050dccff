"""Handing one letter over: to the SMTP server of the settings, or to a file."""

import os
import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from flask import current_app

from elearn.config import Settings
from elearn.mail.rules import ToSend, one_line

SECONDS = 10
PERMANENT = 500
TEMPLATE = "mail/letter.html"
LINK = re.compile(r"https?://\S+")


class Refused(Exception):
    """The server will never take this letter; the message says why in its words."""


class NoEncryption(OSError):
    """The server offers no encryption, so that the password cannot be sent to it."""


def message_of(settings: Settings, letter: ToSend, text: str) -> EmailMessage:
    """The whole message, as text and as a plain page."""
    name, _, domain = letter.recipient.rpartition("@")
    message = EmailMessage()
    sender, _, sender_domain = settings.contact_email.rpartition("@")
    message["From"] = Address(one_line(settings.provider_name), sender, sender_domain)
    message["To"] = Address("", name, domain)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(page_of(letter.subject, text), subtype="html")
    return message


def page_of(subject: str, text: str) -> str:
    """The letter as a page: paragraphs, and links that are written out; no picture, nothing that tells who reads it."""
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    lines = [[(line, LINK.fullmatch(line.strip()) is not None) for line in part.split("\n")] for part in paragraphs]
    return current_app.jinja_env.get_template(TEMPLATE).render(subject=subject, paragraphs=lines)


def deliver(settings: Settings, letter: ToSend, text: str) -> None:
    """Hand a letter over. Raises Refused where that is for ever, and OSError or SMTPException where it may be tried again."""
    message = message_of(settings, letter, text)
    if not settings.smtp_url:
        _to_file(settings.instance_path / "mail", f"{letter.written_at:%Y%m%dT%H%M%S%f}-{letter.id}.eml", message)
        return
    try:
        _by_smtp(settings.smtp_url, message)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        if code >= PERMANENT:
            raise Refused(f"{code} {words.decode(errors='replace')}") from refused
        raise
    except smtplib.SMTPAuthenticationError:
        raise  # the operator's to mend, not the letter's fault
    except smtplib.SMTPResponseException as refused:
        if refused.smtp_code >= PERMANENT:
            raise Refused(f"{refused.smtp_code} {_words(refused)}") from refused
        raise


def _words(refused: smtplib.SMTPResponseException) -> str:
    words = refused.smtp_error
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _by_smtp(url: str, message: EmailMessage) -> None:
    server, context = urlsplit(url), ssl.create_default_context()
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        with smtplib.SMTP_SSL(host, server.port or 465, timeout=SECONDS, context=context) as smtp:
            _send(smtp, server.username, server.password, message)
        return
    with smtplib.SMTP(host, server.port or 25, timeout=SECONDS) as smtp:
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
        elif server.username:
            raise NoEncryption("The mail server offers no encryption, so the password was not sent to it")
        _send(smtp, server.username, server.password, message)


def _send(smtp: smtplib.SMTP, username: str | None, password: str | None, message: EmailMessage) -> None:
    if username:
        smtp.login(username, password or "")
    smtp.send_message(message)


def list_files(settings: Settings) -> dict[int, Path]:
    """The files of letters by the letters' keys; one that is no letter's of ours is listed under a key below nothing."""
    found: dict[int, Path] = {}
    for number, path in enumerate(sorted((settings.instance_path / "mail").glob("*.eml")), start=1):
        key = path.stem.rpartition("-")[2]
        found[int(key) if key.isascii() and key.isdigit() else -number] = path
    return found


def _to_file(folder: Path, name: str, message: EmailMessage) -> None:
    """Whole or not at all; a second time is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(folder / name)
