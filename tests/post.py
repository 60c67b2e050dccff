"""Reading what the application has written to people, where it writes letters to files."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from flask import Flask

from elearn.jobs.worker import run_now


class PostBox:
    """The folder of letters. Whoever looks into it waits for the worker first."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.folder = Path(app.instance_path) / "mail"

    def glob(self, pattern: str) -> Iterator[Path]:
        """The files of letters that have been sent, oldest first."""
        run_now(self.app)
        return iter(sorted(self.folder.glob(pattern)))

    def empty(self) -> None:
        """Throw everything away."""
        for file in self.glob("*.eml"):
            file.unlink()


def empty_post(app: Flask) -> PostBox:
    """The folder of letters, emptied."""
    box = PostBox(app)
    box.empty()
    return box


def messages(box: PostBox) -> list[EmailMessage]:
    """Every letter, oldest first."""
    return [message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default) for file in box.glob("*.eml")]


def text_of_letter(message: EmailMessage) -> str:
    """What a letter says, as text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def mails(box: PostBox) -> list[tuple[str, str]]:
    """Recipient and text of every letter, in the order in which they were written."""
    return [(str(message["To"]), text_of_letter(message)) for message in messages(box)]


def link_in(text: str) -> str:
    """The path of the link in a letter."""
    return text.partition("https://localhost")[2].split()[0]
