"""The application in a process of its own, which can be ended as a power cut ends it, and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import make_server

from elearn.extensions import db
from elearn.schema import bring_up_to_date
from tests.journeys.site import Quiet, Site, make_app

PATIENCE = 60.0  # seconds until the server answers


class Apart:
    """A server process on one port and one database."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self.folder = folder
        self.site = Site(f"http://127.0.0.1:{self.port}", make_app(folder, self.port))
        bring_up_to_date(self.site.app)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [sys.executable, "-m", "tests.journeys.apart", str(self.folder), str(self.port)]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, "the server does not start"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End the process at once; it gets no say in it."""
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def serving_apart(folder: Path) -> Iterator[Apart]:
    """A running server process, which ends with the test at the latest."""
    apart = Apart(folder)
    try:
        apart.start()
        yield apart
    finally:
        apart.kill()
        with apart.site.app.app_context():
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    place, at = Path(sys.argv[1]), int(sys.argv[2])
    make_server("127.0.0.1", at, make_app(place, at), threaded=True, request_handler=Quiet).serve_forever()
