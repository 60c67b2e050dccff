"""Starting the floor and the application exactly alike, and ending them whatever happens."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS, BLOCKING_THREADS = 2, 4  # as `elearn serve` has them by default
SECONDS_TO_START, SECONDS_TO_STOP = 30, 10


class DidNotStart(RuntimeError):
    """A server did not answer in time; the message ends with what it wrote."""


@contextmanager
def serving(name: str, what: tuple[str, ...], environment: Mapping[str, str], asks: str, folder: Path) -> Iterator[int]:
    """Serve `what` with granian, give its port once the address `asks` answers, and end it afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(BLOCKING_THREADS), "--respawn-failed-workers"]
    log = folder / f"{name}.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [*command, *what],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=written,
            stderr=written,
            start_new_session=True,  # so that its workers can be ended with it, and Ctrl+C reaches us first
        )
        try:
            _wait(server, port, asks, log)
            yield port
        finally:
            end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server of ours, politely at first; its workers are in its own process group and end with it."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _wait(server: subprocess.Popen[bytes], port: int, asks: str, log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", asks)
            if connection.getresponse().status < 500:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise DidNotStart(f"{log.stem} did not start:\n{log.read_text(errors='replace')[-2000:]}")
