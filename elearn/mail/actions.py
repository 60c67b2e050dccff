"""Writing to people."""

from flask import current_app

from elearn.config import Settings
from elearn.mail.delivery import deliver


def send(recipient: str, subject: str, text: str) -> None:
    """Write `text` to an address. Raises OSError or smtplib.SMTPException when it cannot be handed over."""
    settings: Settings = current_app.extensions["elearn.settings"]
    deliver(settings, recipient, subject, text)
