"""The worker: woken by a hint, one on a machine, and nothing in its file that could be unpickled."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from elearn.jobs import actions, worker
from elearn.jobs.rules import Work
from elearn.shared.locks import lock_file
from elearn.shared.transactions import writing

LONG = 30


@pytest.fixture
def jobs(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[worker.Jobs]:
    """Jobs of this test alone: handlers and chores of its own, and Huey's file and the lock in a folder of its own."""
    before = {key: app.extensions[key] for key in (worker.EXTENSION, actions.HINT)}
    worker.init_app(app, {}, ())
    found: worker.Jobs = app.extensions[worker.EXTENSION]
    found.folder = tmp_path
    yield found
    app.extensions |= before


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Whether it comes to be so, within a time that is long for a machine."""
    end, pause = time.monotonic() + LONG, threading.Event()
    while not is_so() and time.monotonic() < end:
        pause.wait(0.02)
    return is_so()


def ask(app: Flask) -> None:
    with app.app_context(), writing():
        actions.enqueue("greet", {})


def test_a_commit_wakes_the_worker(app: Flask, jobs: worker.Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.OftenScheduler, "enqueue_periodic_tasks", lambda *_: None)  # the hint alone
    done = threading.Event()
    jobs.handlers["greet"] = lambda _work: done.set()
    keeper = worker.start_embedded(app)
    try:
        assert wait_until(lambda: keeper.is_running)
        assert not done.is_set()
        ask(app)
        assert done.wait(LONG)
    finally:
        keeper.stop()


def test_the_worker_looks_by_itself_when_no_hint_came(app: Flask, jobs: worker.Jobs) -> None:
    done = threading.Event()
    jobs.handlers["greet"] = lambda _work: done.set()
    app.extensions[actions.HINT] = lambda: None
    ask(app)
    keeper = worker.start_embedded(app)
    try:
        assert done.wait(LONG)
    finally:
        keeper.stop()


def test_a_hint_that_cannot_be_given_breaks_nothing(app: Flask, jobs: worker.Jobs, tmp_path: Path) -> None:
    jobs.folder = tmp_path / "not there"
    ask(app)
    done: list[Work] = []
    jobs.handlers["greet"] = done.append
    assert worker.run_now(app) == 1
    assert len(done) == 1


@pytest.mark.only_sqlite
def test_hints_do_not_pile_up_and_are_json(app: Flask, jobs: worker.Jobs, tmp_path: Path) -> None:
    for _ in range(3):
        ask(app)
    with sqlite3.connect(tmp_path / "huey.sqlite3") as connection:
        rows = [bytes(row[0]) for row in connection.execute("SELECT data FROM task")]
    connection.close()
    assert len(rows) == 1
    assert rows[0].startswith(b'{"id": ')
    assert b'"name": "elearn.jobs.worker.wake"' in rows[0]


@pytest.mark.only_sqlite
def test_only_one_process_of_a_machine_has_the_worker(app: Flask, jobs: worker.Jobs, tmp_path: Path) -> None:
    """Another process has the lock; when it is killed, this one takes over."""
    script = "import sys, pathlib; from elearn.shared.locks import lock_file; f = lock_file(pathlib.Path(sys.argv[1])); print(bool(f), flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "worker.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert lock_file(tmp_path / "worker.lock") is None
        keeper = worker.start_embedded(app)
        try:
            assert not keeper.is_running
            other.kill()
            assert wait_until(lambda: keeper.is_running)
            assert lock_file(tmp_path / "worker.lock") is None
        finally:
            keeper.stop()
    again = lock_file(tmp_path / "worker.lock")
    assert again is not None, "who stops lets go of the lock"
    again.close()


@pytest.mark.only_sqlite
def test_a_chore_that_fails_does_not_keep_the_next_from_its_turn(app: Flask, jobs: worker.Jobs) -> None:
    done: list[str] = []

    def bad() -> None:
        raise OSError

    jobs.chores = (bad, lambda: done.append("swept"))
    jobs.do_chores()
    assert done == ["swept"]


def test_chores_have_their_turn_once_in_ten_minutes() -> None:
    day = [datetime(2026, 11, 23, 9, minute, second, tzinfo=UTC) for minute in range(60) for second in range(1, 60, 5)]
    assert [(m.minute, m.second) for m in day if worker.every_ten_minutes(m)] == [(n, 1) for n in range(0, 60, 10)]


def test_a_handler_may_be_run_by_a_thread_without_a_request(app: Flask) -> None:
    assert app.extensions[worker.EXTENSION].handlers.keys() >= {"certificate document", "certificate export"}
