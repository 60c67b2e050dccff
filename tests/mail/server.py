"""A real SMTP server in a thread, which does what a test asks of it."""

import asyncio
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
    """What the server answers, and what it has taken. An empty farewell is none: it hangs up."""

    to_hello: str = ""
    to_sender: str = "250 OK"
    to_recipient: str = "250 OK"
    to_data: str = "250 OK"
    to_quit: str = "221 Bye"
    thinks_for: float = 0
    drops: bool = False
    encrypted: bool = False
    signed_in: bool = False
    tried: int = 0
    addresses: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address, as the settings want it."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet back, or refuse to talk."""
        session.host_name = hostname
        return [self.to_hello] if self.to_hello else responses

    async def handle_HELO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        """The same for those who say it in the old way."""
        session.host_name = hostname
        return self.to_hello or "250 OK"

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, or refuse it."""
        if self.to_sender.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.to_sender

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or refuse it."""
        self.tried += 1
        self.encrypted = server.transport is not None and server.transport.get_extra_info("ssl_object") is not None
        self.signed_in = session.authenticated is True
        self.addresses.append(address)
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter, refuse it, or take it and say nothing."""
        content = envelope.content
        assert isinstance(content, bytes)
        if self.thinks_for:
            await asyncio.sleep(self.thinks_for)
        if self.drops or self.to_data.startswith("250"):
            self.taken.append(message_from_bytes(content, _class=EmailMessage, policy=default))
        if self.drops and server.transport is not None:
            server.transport.close()
        return self.to_data

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Part politely, or not."""
        if not self.to_quit and server.transport is not None:
            server.transport.close()
        return self.to_quit


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def serving(*, ssl_context: ssl.SSLContext | None = None, **how: Any) -> Iterator[Server]:
    """A server on a port of its own; `tls_context` lets it offer STARTTLS, `ssl_context` makes it speak TLS at once."""
    ours = {name: how.pop(name) for name in list(how) if name in Server.__dataclass_fields__}
    server = Server(**ours)
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port, ssl_context=ssl_context, **how)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
