"""A real SMTP server in a thread, which does what a test asks of it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Server:
    """What the server answers, and what it has taken."""

    to_recipient: str = "250 OK"
    to_data: str = "250 OK"
    drops: bool = False
    tried: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address, as the settings want it."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or refuse it."""
        self.tried += 1
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter, refuse it, or take it and say nothing."""
        content = envelope.content
        assert isinstance(content, bytes)
        if self.drops or self.to_data.startswith("250"):
            self.taken.append(message_from_bytes(content, _class=EmailMessage, policy=default))
        if self.drops and server.transport is not None:
            server.transport.close()
        return self.to_data


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def serving(**how: Any) -> Iterator[Server]:
    """A server on a port of its own; `tls_context` lets it offer STARTTLS."""
    tls: ssl.SSLContext | None = how.pop("tls_context", None)
    server = Server(**how)
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port, tls_context=tls)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
