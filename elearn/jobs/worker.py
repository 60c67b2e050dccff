"""The worker: a Huey consumer that wakes the runner, on a hint after a commit and every few seconds.

Huey keeps nothing that matters: its queue, a file of its own in `instance/`, holds hints only, and a lost hint costs a few
seconds. One consumer runs on a machine, held by a file lock, so that it may be started in every server process: the next
process takes over when the holder ends, however it ends. Its messages are JSON: nothing in a file is ever unpickled.
"""

# mypy: allow-untyped-calls
# (Huey has no types.)

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import structlog
from flask import Flask
from huey.api import SqliteHuey
from huey.consumer import Consumer, Scheduler
from huey.registry import Message
from huey.serializer import Serializer

from elearn.jobs.actions import HINT
from elearn.jobs.rules import Handler
from elearn.jobs.runner import run_due
from elearn.shared.locks import lock_file

log = structlog.get_logger(__name__)
EXTENSION = "elearn.jobs"
SECONDS_BETWEEN_WAKES = 5
SECONDS_BETWEEN_TRIES_FOR_LOCK = 2
SECONDS_BETWEEN_HEALTH_CHECKS = 10
WORKER_THREADS = 2  # so that a long export does not keep a learner's document waiting
Chore = Callable[[], object]


class JSONMessages(Serializer):
    """Huey's messages as JSON."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data._asdict() if isinstance(data, Message) else data).encode()

    def _deserialize(self, data: bytes) -> Any:
        found = json.loads(bytes(data))
        return Message(**found) if isinstance(found, dict) and "name" in found else found


class OftenScheduler(Scheduler):
    """Huey asks its periodic tasks once a minute; a page that shows progress wants the work to begin sooner."""

    periodic_task_seconds = SECONDS_BETWEEN_WAKES

    def enqueue_periodic_tasks(self, now: datetime | None) -> None:
        """Add a wake-up, unless one is waiting already because every worker thread is busy."""
        if not self.huey.pending_count():
            super().enqueue_periodic_tasks(now)


class EmbeddedConsumer(Consumer):
    """A consumer inside a process whose signals are the server's."""

    scheduler_class = OftenScheduler

    def _set_signal_handlers(self) -> None:
        pass


class Jobs:
    """The handlers by kind of job, the chores that are done now and then, and Huey, which wakes both."""

    def __init__(self, app: Flask, handlers: Mapping[str, Handler], chores: Sequence[Chore]) -> None:
        self.app, self.handlers, self.chores = app, dict(handlers), tuple(chores)
        self.folder = Path(app.instance_path)

    @cached_property
    def huey(self) -> Any:
        """Huey with our tasks; its file is made at the first hint, not in every process that makes an application.

        No WAL here: Huey uses Python's own SQLite, which has the WAL-reset fault that design.md section 5 avoids.
        """
        huey = SqliteHuey(
            "elearn",
            filename=str(self.folder / "huey.sqlite3"),
            journal_mode="truncate",
            results=False,
            serializer=JSONMessages(),
        )
        huey.periodic_task(lambda _moment: True, name="wake_now_and_then")(self.run)
        huey.periodic_task(every_ten_minutes, name="do_chores")(self.do_chores)
        self.wake: Callable[[], object] = huey.task(name="wake")(self.run)
        return huey

    def run(self) -> None:
        """Do what is due."""
        run_due(self.app, self.handlers)

    def do_chores(self) -> None:
        """Do every chore; one that fails does not keep the next from its turn."""
        for chore in self.chores:
            try:
                with self.app.app_context():
                    chore()
            except Exception:
                log.exception("chore failed")

    def hint(self) -> None:
        """Tell the consumer of this machine that there is work. Nothing depends on it: it looks by itself, too."""
        try:
            if not self.huey.pending_count():  # one hint that waits is enough
                self.wake()
        except (OSError, sqlite3.Error) as error:
            log.warning("no hint to the worker", error=str(error))


def every_ten_minutes(moment: datetime) -> bool:
    """Whether Huey's look at the clock falls into the first seconds of a stretch of ten minutes."""
    return moment.minute % 10 == 0 and moment.second < SECONDS_BETWEEN_WAKES


def init_app(app: Flask, handlers: Mapping[str, Handler], chores: Sequence[Chore] = ()) -> None:
    """Give the application its handlers, and let commits that cause work tell the worker."""
    jobs = Jobs(app, handlers, chores)
    app.extensions |= {EXTENSION: jobs, HINT: jobs.hint}


def run_now(app: Flask) -> int:
    """Do what is due in this very process (for commands and tests)."""
    jobs: Jobs = app.extensions[EXTENSION]
    return run_due(app, jobs.handlers)


def start_embedded(app: Flask) -> "Keeper":
    """Let this process run the worker's threads as soon as no other process of this machine does.

    Call it in the process that serves, after any fork: threads and file locks do not go along.
    """
    keeper = Keeper(app.extensions[EXTENSION])
    keeper.start()
    return keeper


def run_forever(app: Flask) -> None:
    """Be the worker, until the process is told to end."""
    keeper = start_embedded(app)
    try:
        threading.Event().wait()
    finally:
        keeper.stop()


class Keeper:
    """Waits for the machine's lock, then keeps one consumer running."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.consumer: EmbeddedConsumer | None = None
        self._ended = threading.Event()
        self._lock: IO[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="elearn-worker-keeper", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether this process has the consumer."""
        return self.consumer is not None

    def start(self) -> None:
        """Begin to wait for the lock, without keeping anybody waiting."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the consumer, if this process has it, and let the next process have the lock."""
        self._ended.set()
        self._thread.join()
        if self.consumer is not None:
            self.consumer.stop(graceful=True)
            self.consumer = None
        if self._lock is not None:
            self._lock.close()

    def _keep(self) -> None:
        while (lock := lock_file(self.jobs.folder / "worker.lock")) is None:
            if self._ended.wait(SECONDS_BETWEEN_TRIES_FOR_LOCK):
                return
        self._lock = lock
        self.consumer = EmbeddedConsumer(
            self.jobs.huey, workers=WORKER_THREADS, max_delay=0.5, check_worker_health=False
        )
        self.consumer.start()
        log.info("worker started")
        while not self._ended.wait(SECONDS_BETWEEN_HEALTH_CHECKS):
            self.consumer.check_worker_health()
