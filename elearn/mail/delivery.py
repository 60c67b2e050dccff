"""Handing one letter over: to the SMTP server of the settings, or to a file."""

import os
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import unquote, urlsplit

from flask import current_app

from elearn.config import Settings, is_here
from elearn.mail.rules import ToSend, one_line

SECONDS = 10
"""So long a server may take for each step of a greeting."""
PATIENCE = 20
"""So long it may take for each of the four answers to a letter: who gives up sooner, sends it again without need. They
are shorter, together, than the lease of a job."""
FAREWELL = 2
PERMANENT = 500
TEMPLATE = "mail/letter.html"
HALF, A_HOUR = ".half-", 3600
LINK = re.compile(r"https?://\S+")


class Refused(Exception):
    """The letter will never be taken; the message says why in words."""


class NoServer(OSError):
    """The server cannot be reached or does not let us in: no fault of the letter, and the next would fare no better."""


class NoEncryption(OSError):
    """The server offers no encryption, so that neither a password nor, to another machine, a letter can be sent to it."""


def message_of(settings: Settings, letter: ToSend, text: str) -> EmailMessage:
    """The whole message, as text and as a plain page. Raises Refused where the address is none."""
    message = EmailMessage()
    sender, _, sender_domain = settings.contact_email.rpartition("@")
    message["From"] = Address(one_line(settings.provider_name), sender, sender_domain)
    message["To"] = _address(letter.recipient)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(page_of(letter.subject, text), subtype="html")
    return message


def _address(recipient: str) -> Address:
    """An address as mail servers know it: the domain in ASCII. Raises Refused."""
    name, _, domain = recipient.rpartition("@")
    try:
        if not (name and domain and name.isascii()):
            raise Refused("This is no address that a letter can be sent to")
        return Address("", name, domain.encode("idna").decode() if not domain.isascii() else domain)
    except (ValueError, MessageError, IndexError) as fault:
        raise Refused("This is no address that a letter can be sent to") from fault


def page_of(subject: str, text: str) -> str:
    """The letter as a page: paragraphs, and links that are written out; no picture, nothing that tells who reads it."""
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    lines = [[(line, LINK.fullmatch(line.strip()) is not None) for line in part.split("\n")] for part in paragraphs]
    return current_app.jinja_env.get_template(TEMPLATE).render(subject=subject, paragraphs=lines)


def deliver(settings: Settings, letter: ToSend, text: str, about_to_send: Callable[[], object]) -> None:
    """Hand a letter over. `about_to_send` is called when a server is ready; what it raises keeps the letter back.

    Raises Refused where that is for ever, and OSError or SMTPException where it may be tried again.
    """
    message = message_of(settings, letter, text)
    if not settings.smtp_url:
        _to_file(settings.instance_path / "mail", f"{letter.written_at:%Y%m%dT%H%M%S%f}-{letter.id}.eml", message)
        return
    smtp = connect(settings)
    try:
        about_to_send()
        _send(smtp, message)
    finally:
        _leave(smtp)


def _send(smtp: smtplib.SMTP, message: EmailMessage) -> None:
    # What a server says of the sender is the operator's to mend; what it says of recipient and letter is not.
    try:
        smtp.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refused:
        if _code_of(refused) >= PERMANENT:
            raise Refused(in_words(refused)) from refused
        raise


def _code_of(refused: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> int:
    if isinstance(refused, smtplib.SMTPDataError):
        return refused.smtp_code
    return int(next(iter(refused.recipients.values()))[0])


def in_words(fault: Exception) -> str:
    """A fault for the administrators' page: what the server said, or what kind of fault it is."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return _answer(*next(iter(fault.recipients.values())))
    if isinstance(fault, smtplib.SMTPResponseException):
        return _answer(fault.smtp_code, fault.smtp_error)
    return str(fault) if isinstance(fault, NoServer | NoEncryption) else f"{type(fault).__name__}: {fault}"


def _answer(code: int, words: bytes | str) -> str:
    return f"The mail server answered {code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Whom we trust to be the server: read once, as it takes a tenth of a second."""
    return ssl.create_default_context()


def connect(settings: Settings) -> smtplib.SMTP:
    """A server that is ready to take letters. Raises NoServer."""
    server = urlsplit(settings.smtp_url)
    smtp: smtplib.SMTP | None = None
    # Our own name is given, because looking it up can take longer than all the rest.
    us = _name_of(settings)
    host = server.hostname or "localhost"
    try:
        if server.scheme == "smtps":
            smtp = smtplib.SMTP_SSL(host, server.port or 465, us, timeout=SECONDS, context=trusted())
        else:
            smtp = smtplib.SMTP(host, server.port or 25, us, timeout=SECONDS)
        if server.scheme != "smtps":
            _encrypt(smtp, needed=bool(server.username) or not is_here(host))
        _greet(smtp, unquote(server.username or ""), unquote(server.password or ""))
        if smtp.sock is not None:
            smtp.sock.settimeout(PATIENCE)
    except (OSError, smtplib.SMTPException) as fault:
        if smtp is not None:
            smtp.close()
        raise NoServer(f"The mail server could not be reached, or did not let us in. {in_words(fault)}") from fault
    return smtp


def _encrypt(smtp: smtplib.SMTP, *, needed: bool) -> None:
    """Ask for encryption. Raises NoEncryption where it is needed and the server offers none: whoever sits between could say so."""
    smtp.ehlo_or_helo_if_needed()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=trusted())
    elif needed:
        raise NoEncryption("It offers no encryption, so neither password nor letter was sent to it")


def _greet(smtp: smtplib.SMTP, username: str, password: str) -> None:
    smtp.ehlo_or_helo_if_needed()
    if username:
        smtp.login(username, password)


def _name_of(settings: Settings) -> str:
    host = urlsplit(settings.base_url).hostname or "localhost"
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdigit() else host


def _leave(smtp: smtplib.SMTP) -> None:
    """Part from the server. Whatever it says now, the letter was taken or refused before."""
    with suppress(OSError, smtplib.SMTPException):
        if smtp.sock is not None:
            smtp.sock.settimeout(FAREWELL)
            smtp.quit()
    smtp.close()


def list_files(settings: Settings) -> dict[int, Path]:
    """The files of letters by the letters' keys; one that is no letter's of ours is listed under a key below nothing."""
    found: dict[int, Path] = {}
    for number, path in enumerate(sorted((settings.instance_path / "mail").glob("*.eml")), start=1):
        key = path.stem.rpartition("-")[2]
        found[int(key) if key.isascii() and key.isdigit() else -number] = path
    return found


def remove_halves(settings: Settings) -> None:
    """Delete what was begun an hour ago and not finished: no letter takes so long to be written."""
    for path in (settings.instance_path / "mail").glob(f"{HALF}*"):
        if path.stat().st_mtime < time.time() - A_HOUR:
            path.unlink(missing_ok=True)


def _to_file(folder: Path, name: str, message: EmailMessage) -> None:
    """Whole or not at all; a second time is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=HALF, delete=False) as file:
        try:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(folder / name)
