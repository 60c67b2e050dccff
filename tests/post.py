"""Reading what the application has mailed, where it writes mail to files."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from flask import Flask


def empty_post(app: Flask) -> Path:
    """The folder of mail, emptied."""
    folder = Path(app.instance_path) / "mail"
    for file in folder.glob("*.eml"):
        file.unlink()
    return folder


def mails(folder: Path) -> list[tuple[str, str]]:
    """Recipient and text of every mail, in the order in which they were written."""
    found = []
    for file in sorted(folder.glob("*.eml")):
        message = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        found.append((str(message["To"]), str(body.get_content())))
    return found


def link_in(text: str) -> str:
    """The path of the link in a mail."""
    return text.partition("https://localhost")[2].split()[0]
