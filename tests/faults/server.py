"""Real servers, as `elearn serve` starts them, by the hundred.

Run as a program, it imports and prepares everything once, then forks a server for each line that it reads: two workers of
four threads by granian, in a process group of its own, with the background work inside. Nothing that a server keeps lies
in what it is forked from: no connection is open there and no thread runs, so each begins with the database alone.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from benchmarks.servers import free_port
from elearn import create_app
from elearn.cli import BLOCKING_THREADS, WORKERS
from elearn.jobs.worker import start_embedded
from tests.faults.points import install
from tests.plain import with_plain_quizzes

SECONDS_TO_ANSWER = 5  # trust.md F-1
BE_PARENT_OF_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER: nobody else would bury the workers of a killed server


def main() -> None:
    """Fork a server for each line of JSON on standard input, and say its process id."""
    app = with_plain_quizzes(create_app())
    ctypes.CDLL(None).prctl(BE_PARENT_OF_ORPHANS, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _serve(app, order["port"], order["environment"], order["log"])
        print(child, flush=True)  # noqa: T201


def _serve(app: Flask, port: int, environment: Mapping[str, str], log: str) -> None:
    """Serve until the end: this never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ |= environment

    def load() -> Flask:
        start_embedded(app)
        return install(app)

    try:
        Granian(
            "tests.faults.server",
            port=port,
            interface=Interfaces.WSGI,
            workers=WORKERS,
            blocking_threads=BLOCKING_THREADS,
            respawn_failed_workers=True,
            log_access=False,
        ).serve(target_loader=load, wrap_loader=False)
    finally:
        os._exit(1)


# -- the other side: what a test does --------------------------------------------------------------------------------


class NoAnswer(AssertionError):
    """A server that was started does not answer."""


@dataclass(frozen=True)
class Server:
    """One running server."""

    group: int
    port: int

    def kill(self) -> None:
        """End every process of it with SIGKILL, and wait until none is left."""
        try:
            os.killpg(self.group, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.wait_for_end()

    def kill_one_worker(self) -> None:
        """End one of the processes that answer; the server starts another in its place."""
        children = Path(f"/proc/{self.group}/task/{self.group}/children").read_text(encoding="ascii").split()
        os.kill(int(children[0]), signal.SIGKILL)

    @property
    def is_there(self) -> bool:
        """Whether a process of it is left."""
        try:
            os.killpg(self.group, 0)
        except ProcessLookupError:
            return False
        return True

    def wait_for_end(self) -> None:
        """Wait until no process of it is left."""
        until = time.monotonic() + 10
        while self.is_there:
            if time.monotonic() > until:
                raise AssertionError(f"the server {self.group} does not end")
            time.sleep(0.002)

    def wait_for_first_page(self, address: str = "/", seconds: float = SECONDS_TO_ANSWER) -> float:
        """Wait for the first page, and give the seconds it took. Raises NoAnswer."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
            try:
                connection.request("GET", address)
                status = connection.getresponse().status
            except (OSError, HTTPException):
                time.sleep(0.005)
                continue
            finally:
                connection.close()
            if status != 200:
                raise NoAnswer(f"the first page answers {status}")
            return time.monotonic() - began
        raise NoAnswer(f"no page after {seconds} seconds")


class Mother:
    """The process that servers are forked from."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self.log = process, log
        self.last: Server | None = None
        self._expect("ready")

    def _expect(self, words: str = "") -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "the mother of the servers has ended"
        assert not words or line == words
        return line

    def start(self, **environment: str) -> Server:
        """Start a server with these variables besides the mother's."""
        assert self.process.stdin is not None
        order = {"port": (port := free_port()), "environment": environment, "log": str(self.log)}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.last = Server(int(self._expect()), port)
        return self.last


@contextmanager
def mother_of_servers(environment: Mapping[str, str], log: Path) -> Iterator[Mother]:
    """Prepare to start servers with these variables; every one of them is ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.server"],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    mother = None
    try:
        mother = Mother(process, log)
        yield mother
    finally:
        if mother is not None and mother.last is not None:
            mother.last.kill()
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
