"""The real application with its demonstration, served on a loopback port for browsers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from elearn import create_app
from elearn.config import Settings
from elearn.content.structure import Module
from elearn.demonstration import fill
from elearn.extensions import db
from elearn.schema import bring_up_to_date
from tests.plain import with_plain_quizzes
from tests.world import MODULE


@dataclass(frozen=True)
class Site:
    """A running application: its address, and itself for what a test has to know beforehand."""

    url: str
    app: Flask

    @property
    def module(self) -> Module:
        """The module as the application has read it."""
        found: Module = self.app.extensions["elearn.catalogue"][MODULE]
        return found


class Quiet(WSGIRequestHandler):
    """No line for each request."""

    def log(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path, host: str = "127.0.0.1", **changes: object) -> Iterator[Site]:
    """The application in a thread, with a database of its own in `folder`, called `host` by its browsers."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
        site = Site(f"http://{host}:{port}", make_app(folder, port, host, **changes))
        bring_up_to_date(site.app)
        fill(site.app)
        server = make_server("127.0.0.1", port, site.app, threaded=True, request_handler=Quiet, fd=found.fileno())
    thread = threading.Thread(target=server.serve_forever, name="site")
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with site.app.app_context():
            db.session.remove()
            db.engine.dispose()


def make_app(folder: Path, port: int, host: str = "127.0.0.1", **changes: object) -> Flask:
    """The application as journeys have it, with its database in `folder`."""
    settings = Settings.model_validate(
        {
            "environment": "test",
            "demonstration": True,
            "cookie_secure": False,
            "secret_key": "a secret that only journeys use, long enough",
            "instance_path": folder,
            "database_url": f"sqlite:///{folder / 'demo.sqlite3'}",
            "base_url": f"http://{host}:{port}",
            "log_level": "ERROR",
            **changes,
        }
    )
    return with_plain_quizzes(create_app(settings))
